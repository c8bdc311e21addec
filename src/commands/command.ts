import { z } from "zod";
import { actorSchema, issueSnapshotSchema, repositoryRefSchema } from "../run/request.ts";

export const verbNames = ["retry", "stop", "status", "help"] as const;
export type Verb = (typeof verbNames)[number];

/** What a person types after `/agent`. `unknown` carries what was typed, shortened, and the nearest verb if one is near. */
export const askedSchema = z.discriminatedUnion("verb", [
  z.object({
    verb: z.literal("retry"),
    step: z.int().nonnegative().nullable(),
    why: z.string().max(500).nullable(),
  }),
  z.object({ verb: z.literal("stop") }),
  z.object({ verb: z.literal("status") }),
  z.object({ verb: z.literal("help") }),
  z.object({ verb: z.literal("unknown"), text: z.string().max(80), nearest: z.enum(verbNames).nullable() }),
]);
export type Asked = z.infer<typeof askedSchema>;

const delivered = {
  /** the delivery's GUID: the job's id, so a redelivery is the same job */
  deliveryId: z.string().min(1).max(100),
  /** the scope of tokens, and of fairness between organisations */
  installationId: z.int().positive(),
};

/** All that can come in, from people and from GitHub. Small and without secrets: it is stored in the queue. */
export const commandSchema = z.discriminatedUnion("kind", [
  /** work on this issue */
  z.object({
    kind: z.literal("start"),
    ...delivered,
    repository: repositoryRefSchema,
    issue: issueSnapshotSchema,
    actor: actorSchema,
    /** `found`: on an issue of which no delivery told us */
    trigger: z.enum(["labeled", "opened", "found"]),
    /** when the label was put on, by GitHub's clock (ms since 1970) */
    askedAt: z.number().optional(),
  }),
  /** a comment that begins with `/agent`, on an issue or on a pull request */
  z.object({
    kind: z.literal("ask"),
    ...delivered,
    repository: repositoryRefSchema,
    on: z.enum(["issue", "pull_request", "review_thread"]),
    number: z.int().positive(),
    commentId: z.int().positive(),
    actor: actorSchema,
    asked: askedSchema,
  }),
  /** a review of a pull request from one of our branches asks for changes; each of its comments says so again */
  z.object({
    kind: z.literal("review"),
    ...delivered,
    repository: repositoryRefSchema,
    number: z.int().positive(),
    branch: z.string(),
    reviewId: z.int().positive(),
    /** the comment that spoke to us, or null when it was the review as a whole */
    commentId: z.int().positive().nullable(),
    actor: actorSchema,
  }),
  /** a button of our check run on this commit */
  z.object({
    kind: z.literal("press"),
    ...delivered,
    repository: repositoryRefSchema,
    sha: z.string(),
    button: z.enum(["retry", "stop"]),
    actor: actorSchema,
  }),
  /** CI said something about this commit */
  z.object({ kind: z.literal("wake"), ...delivered, repositoryId: z.int().positive(), sha: z.string() }),
  /** a pull request from one of our branches was closed or merged, by whomever */
  z.object({
    kind: z.literal("pull_closed"),
    ...delivered,
    repository: repositoryRefSchema,
    number: z.int().positive(),
    branch: z.string(),
    merged: z.boolean(),
    actor: actorSchema,
  }),
  /** somebody made a pull request from one of our branches a draft, or ready for review */
  z.object({
    kind: z.literal("pull_staged"),
    ...delivered,
    repository: repositoryRefSchema,
    number: z.int().positive(),
    branch: z.string(),
    stage: z.enum(["draft", "ready"]),
    actor: actorSchema,
  }),
  /** an issue is not to be worked on any more */
  z.object({
    kind: z.literal("issue_changed"),
    ...delivered,
    repository: repositoryRefSchema,
    number: z.int().positive(),
    change: z.enum(["closed", "unlabeled", "deleted", "transferred", "locked"]),
    actor: actorSchema,
  }),
  /** a repository has another name or owner, or is closed to us; `repository` is how it stands now */
  z.object({
    kind: z.literal("repository_changed"),
    ...delivered,
    repository: repositoryRefSchema,
    change: z.enum(["renamed", "transferred", "archived", "deleted"]),
    actor: actorSchema,
  }),
  /** the App may do more or less in these repositories; null stands for all of the installation */
  z.object({
    kind: z.literal("access_changed"),
    ...delivered,
    repositoryIds: z.array(z.int().positive()).nullable(),
    change: z.enum(["suspended", "unsuspended", "removed"]),
    actor: actorSchema,
  }),
  /** the App may work in these repositories from now on */
  z.object({ kind: z.literal("installed"), ...delivered, repositories: z.array(repositoryRefSchema) }),
]);
export type Command = z.infer<typeof commandSchema>;
export type CommandOf<K extends Command["kind"]> = Extract<Command, { kind: K }>;
