import { z } from "zod";

/** What was asked, by whom, of which repository: fixed at the delivery that started the run. Ids are GitHub's numeric ones; they survive renames. */
export const repositoryRefSchema = z.object({
  id: z.int(),
  owner: z.string(),
  name: z.string(),
  installationId: z.int(),
});
export type RepositoryRef = z.infer<typeof repositoryRefSchema>;

export const actorSchema = z.object({ id: z.int(), login: z.string() });
export type Actor = z.infer<typeof actorSchema>;

export const issueSnapshotSchema = z.object({
  number: z.int(),
  title: z.string(),
  author: z.string(),
  /** SHA-256 of the title and body exactly as the delivery carried them: a later edit is shown, never obeyed */
  textHash: z.string(),
  /** blob of the body, cleaned of hidden text */
  bodyDigest: z.string(),
  /** how many hidden spans were taken out (comments, invisible characters) */
  hiddenSpans: z.int().nonnegative(),
});
export type IssueSnapshot = z.infer<typeof issueSnapshotSchema>;

export const autonomySchema = z.enum(["propose", "draft", "ready"]);
export type Autonomy = z.infer<typeof autonomySchema>;

export const limitsSchema = z.object({
  nanoUsd: z.int().positive(),
  steps: z.int().min(1).max(7),
  turnsPerStep: z.int().positive(),
  attemptsPerStep: z.int().positive(),
  repairs: z.int().nonnegative(),
  revisions: z.int().nonnegative(),
  outputTokensPerCall: z.int().positive(),
  filesTouched: z.int().positive(),
  diffLines: z.int().positive(),
});
export type Limits = z.infer<typeof limitsSchema>;

export const runRequestSchema = z.object({
  deliveryId: z.string(),
  repository: repositoryRefSchema,
  issue: issueSnapshotSchema,
  requestedBy: actorSchema,
  /** when the label was put on, by GitHub's clock (ms since 1970); left out when a comment asked */
  askedAt: z.number().optional(),
  /** the first run on an issue is 1; a later one gets its own branch */
  ordinal: z.int().positive(),
  branch: z.string(),
  limits: limitsSchema,
  autonomy: autonomySchema,
  /** version of everything that shapes behaviour */
  versions: z.object({ prompts: z.string(), policy: z.string(), prices: z.string(), tools: z.string() }),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

export function runId(repositoryId: number, issueNumber: number, ordinal: number): string {
  return `run_${repositoryId}_${issueNumber}_${ordinal}`;
}

export function branchName(issueNumber: number, ordinal: number): string {
  return ordinal === 1 ? `agent/issue-${issueNumber}` : `agent/issue-${issueNumber}-${ordinal}`;
}
