import type { RunIndex } from "../../../src/journal/run-index.ts";
import { isEnded, type Status } from "../../../src/run/status.ts";
import type { JournalParts } from "./memory-journal.ts";
import { isAwaited } from "./shelf.ts";

/** How long the sweep leaves a waiting run alone, ms. */
const revisitMs = 60_000;

export function createMemoryIndex({ shelf, gate }: JournalParts): RunIndex {
  const read = <T>(what: string, apply: () => T) => gate({ port: "redis", what }, apply);
  return {
    index: (runId, { status, sha, ended: told, hash }) =>
      read(`index ${status}`, () => {
        const view = shelf.views.get(runId);
        if (!view) throw new Error(`${runId} cannot be indexed: no run of this name was ever started.`);
        const ended = told || isEnded(status);
        if (sha) shelf.shas.set(`${view.repositoryId}:${sha}`, runId);
        if (view.ended && !ended) return;
        if (hash !== undefined && shelf.logs.get(runId)?.at(-1)?.hash !== hash) return;
        view.status = status;
        if (ended) {
          view.ended = true;
          shelf.active.delete(runId);
          shelf.due.delete(runId);
          const marks = shelf.issues.get(view.issue);
          if (marks?.active === runId) marks.active = null;
          return;
        }
        shelf.due.set(runId, isWaiting(status) && !isAwaited(shelf, runId) ? shelf.now() + revisitMs : 0);
      }),
    runOfIssue: (repositoryId, issueNumber) =>
      read("run of issue", () => shelf.issues.get(`${repositoryId}:${issueNumber}`)?.newest ?? null),
    runOfSha: (repositoryId, sha) =>
      read("run of sha", () => shelf.shas.get(`${repositoryId}:${sha}`) ?? null),
    runOfBranch: (repositoryId, branch) =>
      read("run of branch", () => shelf.branches.get(`${repositoryId}:${branch}`) ?? null),
    activeRuns: () => read("active runs", () => [...shelf.active].sort()),
    runsWithStatus: (status) =>
      read("runs with status", () =>
        [...shelf.views].flatMap(([runId, view]) => (view.status === status ? [runId] : [])).sort(),
      ),
  };
}

function isWaiting(status: Status): boolean {
  return status.startsWith("awaiting_");
}
