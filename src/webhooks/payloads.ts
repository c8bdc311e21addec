import { z } from "zod";

/**
 * The few fields that we read of each payload, and nothing else, so that GitHub may add, drop or change the rest.
 * Names end up in URLs and comments, so their characters are checked although GitHub has signed them.
 */
const id = z.int().positive();
const login = z.string().regex(/^[\w][\w.-]{0,99}(\[bot\])?$/);
const name = z.string().regex(/^[\w.-]{1,100}$/);
const commitSha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const app = z.object({ id }).nullish();

const repository = z.object({ id, name, owner: z.object({ login }) });
const inRepository = { repository, installation: z.object({ id }) };
const fromSomebody = { ...inRepository, sender: z.object({ id, login, type: z.string() }) };

export type InRepository = z.infer<z.ZodObject<typeof inRepository>>;
export type FromSomebody = z.infer<z.ZodObject<typeof fromSomebody>>;

const issue = z.object({
  number: id,
  title: z.string(),
  body: z.string().nullish(),
  /** null when the account is gone */
  user: z.object({ login }).nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  updated_at: z.string().nullish(),
});

export const issuesPayload = z.discriminatedUnion("action", [
  z.object({ action: z.literal("labeled"), ...fromSomebody, issue, label: z.object({ name: z.string() }) }),
  z.object({ action: z.literal("opened"), ...fromSomebody, issue }),
  z.object({
    action: z.literal("unlabeled"),
    ...fromSomebody,
    issue: z.object({ number: id }),
    label: z.object({ name: z.string() }).nullish(),
  }),
  z.object({
    action: z.enum(["closed", "deleted", "transferred", "locked"]),
    ...fromSomebody,
    issue: z.object({ number: id }),
  }),
]);

export const issueCommentPayload = z.object({
  action: z.literal("created"),
  ...fromSomebody,
  issue: z.object({ number: id, pull_request: z.unknown().optional() }),
  comment: z.object({ id, body: z.string(), performed_via_github_app: app }),
});

const pull = z.object({
  number: id,
  /** `repo` is null when the fork is gone */
  head: z.object({ ref: z.string().max(300), repo: z.object({ id }).nullish() }),
});
const ofPull = { ...fromSomebody, pull_request: pull };
export type OfPull = z.infer<z.ZodObject<typeof ofPull>>;

export const pullRequestPayload = z.discriminatedUnion("action", [
  z.object({
    action: z.literal("closed"),
    ...fromSomebody,
    pull_request: pull.extend({ merged: z.boolean() }),
  }),
  z.object({ action: z.literal("synchronize"), ...ofPull, before: commitSha }),
  z.object({ action: z.enum(["converted_to_draft", "ready_for_review"]), ...ofPull }),
]);

export const reviewPayload = z.object({
  action: z.literal("submitted"),
  ...ofPull,
  review: z.object({ id, state: z.string() }),
});

export const reviewCommentPayload = z.object({
  action: z.literal("created"),
  ...ofPull,
  comment: z.object({ id, body: z.string(), pull_request_review_id: id }),
});

export const checkSuitePayload = z.object({
  action: z.literal("completed"),
  ...inRepository,
  check_suite: z.object({ head_sha: commitSha, app }),
});

const checkRun = z.object({ head_sha: commitSha, app });

export const checkRunPayload = z.discriminatedUnion("action", [
  z.object({ action: z.literal("completed"), ...inRepository, check_run: checkRun }),
  z.object({
    action: z.literal("requested_action"),
    ...fromSomebody,
    check_run: checkRun,
    requested_action: z.object({ identifier: z.string() }),
  }),
]);

export const workflowRunPayload = z.object({
  action: z.literal("completed"),
  ...inRepository,
  workflow_run: z.object({ head_sha: commitSha }),
});

export const statusPayload = z.object({ ...inRepository, sha: commitSha, state: z.string() });

const reachable = z.object({ id, full_name: z.string().regex(/^[\w][\w.-]{0,99}\/[\w.-]{1,100}$/) });
export type Reachable = z.infer<typeof reachable>;

const sender = z.object({ id, login });

export const repositoryPayload = z.object({
  action: z.enum(["renamed", "transferred", "archived", "deleted"]),
  ...fromSomebody,
});

export const installationPayload = z.discriminatedUnion("action", [
  z.object({
    action: z.literal("created"),
    installation: z.object({ id }),
    repositories: z.array(reachable).nullish(),
  }),
  z.object({
    action: z.enum(["deleted", "suspend", "unsuspend"]),
    installation: z.object({ id }),
    sender,
  }),
]);

export const installationRepositoriesPayload = z.discriminatedUnion("action", [
  z.object({
    action: z.literal("added"),
    installation: z.object({ id }),
    repositories_added: z.array(reachable),
  }),
  z.object({
    action: z.literal("removed"),
    installation: z.object({ id }),
    repositories_removed: z.array(z.object({ id })),
    sender,
  }),
]);
