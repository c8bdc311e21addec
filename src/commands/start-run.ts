import { TryLater } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import { foldRun } from "../run/evolve.ts";
import { type Actor, branchName, type IssueSnapshot, type RepositoryRef, runId } from "../run/request.ts";
import type { PerformerDeps } from "./performer-deps.ts";

export interface Wish {
  deliveryId: string;
  repository: RepositoryRef;
  issue: IssueSnapshot;
  actor: Actor;
}

/** Starts the run of this issue, or finds the one that works on it. The same delivery always gets the same run. */
export async function startRun(
  wish: Wish,
  deps: Pick<PerformerDeps, "journal" | "config" | "versions" | "advance">,
): ReturnType<Journal["startRun"]> {
  const { deliveryId, repository, issue, actor } = wish;
  const { limits, autonomy } = deps.config;
  await waitForIndex(wish, deps);
  const key = { repositoryId: repository.id, issueNumber: issue.number, deliveryId };
  return deps.journal.startRun(key, (ordinal) => ({
    runId: runId(repository.id, issue.number, ordinal),
    request: {
      deliveryId,
      repository,
      issue,
      requestedBy: actor,
      ordinal,
      branch: branchName(issue.number, ordinal),
      limits,
      autonomy,
      versions: deps.versions,
    },
  }));
}

/**
 * A worker that died right after the last event of a run has left the issue marked as busy, and the wish would be given to a
 * run that can do nothing any more. Whoever looks at that run next puts the mark right, so we ask for that and come back.
 */
async function waitForIndex(wish: Wish, deps: Pick<PerformerDeps, "journal" | "advance">): Promise<void> {
  const newest = await deps.journal.runOfIssue(wish.repository.id, wish.issue.number);
  if (!newest || !(await deps.journal.activeRuns()).includes(newest)) return;
  if (!foldRun(await deps.journal.read(newest)).ended) return;
  await deps.advance(newest);
  throw new TryLater(`${newest} has ended, but its issue is not free again yet.`, 1_000);
}
