import { allPages, orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";

/** A review as it stands now, with its comments; text is as people wrote it. */
export interface ReviewFacts {
  id: number;
  author: { id: number; login: string };
  /** in GitHub's capitals: `CHANGES_REQUESTED`, `COMMENTED`, `APPROVED`, `DISMISSED`, `PENDING` */
  state: string;
  body: string;
  comments: readonly ReviewCommentFacts[];
}

export interface ReviewCommentFacts {
  id: number;
  /** the first comment of its thread, itself unless it is an answer */
  thread: number;
  author: string;
  path: string;
  line: number | null;
  /** the diff from the beginning of its hunk down to the commented line */
  hunk: string;
  body: string;
  /** the comments of the thread before it, oldest first */
  before: readonly { author: string; body: string }[];
}

/**
 * One review and all its comments; null when there is none. The comments come from the list of the whole pull request:
 * the list of one review leaves out lines and what stands above in a thread.
 */
export async function fetchReview(
  repository: RepositoryGithub,
  pullNumber: number,
  reviewId: number,
): Promise<ReviewFacts | null> {
  const answer = await orNull(
    repository.octokit.rest.pulls.getReview({
      ...repository.at(),
      pull_number: pullNumber,
      review_id: reviewId,
    }),
  );
  if (!answer) return null;
  const { data } = answer;
  const all = await fetchReviewComments(repository, pullNumber);
  return {
    id: data.id,
    author: { id: data.user?.id ?? 0, login: data.user?.login ?? "ghost" },
    state: data.state,
    body: data.body,
    comments: all
      .filter((comment) => comment.pull_request_review_id === reviewId)
      .map((comment) => factsOf(comment, all)),
  };
}

type RawComment = Awaited<ReturnType<typeof fetchReviewComments>>[number];

/** All comments on lines of a pull request, oldest first. */
export async function fetchReviewComments(repository: RepositoryGithub, pullNumber: number) {
  const comments = await allPages(async (page) => {
    const { data, headers } = await repository.octokit.rest.pulls.listReviewComments({
      ...repository.at(),
      pull_number: pullNumber,
      ...page,
    });
    return { items: data, link: headers.link };
  });
  return comments.sort((a, b) => a.id - b.id);
}

function factsOf(comment: RawComment, all: readonly RawComment[]): ReviewCommentFacts {
  const thread = comment.in_reply_to_id ?? comment.id;
  return {
    id: comment.id,
    thread,
    author: loginOf(comment),
    path: comment.path,
    line: comment.line ?? comment.original_line ?? null,
    hunk: comment.diff_hunk,
    body: comment.body,
    before: all
      .filter((each) => each.id < comment.id && (each.id === thread || each.in_reply_to_id === thread))
      .map((each) => ({ author: loginOf(each), body: each.body })),
  };
}

function loginOf(comment: RawComment): string {
  return comment.user?.login ?? "ghost";
}
