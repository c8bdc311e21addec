/**
 * Keys that name each write of a run once and for ever: the same key is the same write, in this life and the next.
 * Where a thing is set again and again, what it is set to is part of the key.
 */
export const opKeys = {
  commit: (step: number, tree: string, parent: string) =>
    `commit:${step}:${tree.slice(0, 12)}:${parent.slice(0, 12)}`,
  createBranch: "branch:create",
  moveBranch: (to: string) => `branch:move:${to}`,
  /** what this head is brought up to is the tip of the base at that time */
  updateBranch: (from: string) => `branch:update:${from}`,
  openPull: "pull:open",
  editPull: (hash: string) => `pull:edit:${hash}`,
  makeReady: (sha: string, seq: number) => `pull:ready:${sha}:${seq}`,
  /** what every `makeReady` of this head begins with */
  madeReady: (sha: string) => `pull:ready:${sha}:`,
  makeDraft: (sha: string, seq: number) => `pull:draft:${sha}:${seq}`,
  rerun: (workflowRunId: number, attempt: number) => `workflow:rerun:${workflowRunId}:${attempt}`,
  checkRun: (sha: string) => `check-run:${sha}`,
  updateCheckRun: (sha: string, hash: string) => `check-run:${sha}:${hash}`,
  annotations: (sha: string) => `annotations:${sha}`,
  /** a comment that exists once in a run: `progress`, `audit`, `cost`, a notice or an answer by its key */
  comment: (name: string) => `comment:${name}`,
  reviewReply: (reviewId: number, thread: number) => `review:${reviewId}:${thread}`,
  editComment: (name: string, hash: string) => `comment:${name}:${hash}`,
  /** what is left of a write that may have been made twice */
  sweep: (opKey: string) => `sweep:${opKey}`,
} as const;

/** The step whose commit this key names, or null. */
export function stepOfCommit(opKey: string): number | null {
  const [, step] = /^commit:(\d+):/.exec(opKey) ?? [];
  return step === undefined ? null : Number(step);
}
