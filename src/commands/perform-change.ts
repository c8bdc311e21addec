import type { InboxEntry } from "../journal/journal.ts";
import { foldRun } from "../run/evolve.ts";
import type { Run } from "../run/run.ts";
import type { CommandOf } from "./command.ts";
import type { PerformerDeps } from "./performer-deps.ts";

type Changed = CommandOf<"issue_changed" | "repository_changed" | "access_changed">;

/**
 * An issue was closed, unlabelled, deleted, transferred or locked. Deliveries come late and out of order, so what counts is how the issue
 * stands now: one that was opened again, or that has its label back, is worked on.
 */
export async function issueChanged(command: CommandOf<"issue_changed">, deps: PerformerDeps): Promise<void> {
  const { repository, number } = command;
  const runId = await deps.journal.runOfIssue(repository.id, number);
  if (!runId) return;
  const run = foldRun(await deps.journal.read(runId));
  if (run.ended) return;
  const told = await whatToTell(command, run, deps);
  if (told !== null) await tell(run.id, told, command, deps);
}

async function whatToTell(
  { repository, number, change }: CommandOf<"issue_changed">,
  run: Run,
  deps: PerformerDeps,
): Promise<InboxEntry["command"] | null> {
  // Gone for good: there is nothing to ask.
  if (change === "deleted" || change === "transferred") return `issue_${change}`;
  const now = await deps.github.issueNow(repository, number);
  if (now === null) return "issue_deleted";
  if (change === "locked") return now.locked ? "issue_locked" : null;
  if (change === "unlabeled") {
    const wanted = deps.config.label.toLowerCase();
    return now.labels.some((label) => label.toLowerCase() === wanted) ? null : "issue_unlabeled";
  }
  if (now.state === "open") return null;
  // A merge closes the issue as well, and is the better news.
  const pull = run.published ? await deps.github.pullNow(repository, run.published.pullNumber) : null;
  return pull === "merged" ? "pull_merged" : "issue_closed";
}

/** A rename needs nothing but a look: GitHub is asked by the repository's id. */
export async function repositoryChanged(
  command: CommandOf<"repository_changed">,
  deps: PerformerDeps,
): Promise<void> {
  const { repository, change } = command;
  for (const run of await activeRuns(deps, (each) => each.request.repository.id === repository.id)) {
    const follows = run.request.repository.installationId === command.installationId;
    if (change === "renamed" || (change === "transferred" && follows)) await deps.advance(run.id);
    else await tell(run.id, `repository_${change}`, command, deps);
  }
}

export async function accessChanged(
  command: CommandOf<"access_changed">,
  deps: PerformerDeps,
): Promise<void> {
  const { installationId, repositoryIds, change } = command;
  const told = change === "removed" ? "access_removed" : change;
  const touched = (run: Run) =>
    run.request.repository.installationId === installationId &&
    (repositoryIds?.includes(run.request.repository.id) ?? true);
  for (const run of await activeRuns(deps, touched)) await tell(run.id, told, command, deps);
}

async function activeRuns(deps: PerformerDeps, wanted: (run: Run) => boolean): Promise<Run[]> {
  const runs: Run[] = [];
  for (const runId of await deps.journal.activeRuns()) {
    const run = foldRun(await deps.journal.read(runId));
    if (!run.ended && wanted(run)) runs.push(run);
  }
  return runs;
}

async function tell(
  runId: string,
  told: InboxEntry["command"],
  { deliveryId, actor }: Changed,
  deps: PerformerDeps,
): Promise<void> {
  await deps.journal.deliver(runId, { deliveryId, command: told, actor, step: null, why: null });
  await deps.advance(runId);
  deps.log.info({ deliveryId, runId, told }, "run told");
}
