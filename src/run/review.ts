import { z } from "zod";

/** A comment of a review: where it stands and what it says, cleaned of hidden text. */
const reviewCommentSchema = z.object({
  id: z.int(),
  /** the first comment of its thread: GitHub takes answers to that one only */
  thread: z.int(),
  path: z.string(),
  /** of the file as the review saw it; null when it speaks of the whole file */
  line: z.int().nullable(),
  /** the lines of the diff that it stands below */
  hunk: z.string(),
  body: z.string(),
  /** what was said in the thread before, oldest first */
  before: z.array(z.object({ author: z.string(), body: z.string() })),
});
export type ReviewComment = z.infer<typeof reviewCommentSchema>;

/** A review of our pull request as it was taken in, kept as a blob: a later edit of it is shown on GitHub, and never obeyed. */
export const reviewSchema = z.object({
  id: z.int(),
  author: z.string(),
  body: z.string(),
  comments: z.array(reviewCommentSchema),
});
export type Review = z.infer<typeof reviewSchema>;
