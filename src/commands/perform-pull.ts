import { foldRun } from "../run/evolve.ts";
import type { Run } from "../run/run.ts";
import type { CommandOf } from "./command.ts";
import type { PerformerDeps } from "./performer-deps.ts";

type OfPull = CommandOf<"pull_closed"> | CommandOf<"pull_staged">;

/** Whoever closes or merges our pull request ends the run: that is respected, and needs no permission of ours. */
export async function pullClosed(command: CommandOf<"pull_closed">, deps: PerformerDeps): Promise<void> {
  const run = await runOf(command, deps);
  if (run) await tell(command, run, command.merged ? "pull_merged" : "pull_closed", deps);
}

/** Who makes it a draft, or ready, decides about that from then on; what we did ourselves is no news. */
export async function pullStaged(command: CommandOf<"pull_staged">, deps: PerformerDeps): Promise<void> {
  if (command.actor.login === (await deps.github.botLogin())) return;
  const run = await runOf(command, deps);
  if (run) await tell(command, run, command.stage === "draft" ? "pull_drafted" : "pull_readied", deps);
}

async function runOf({ repository, branch, number }: OfPull, deps: PerformerDeps): Promise<Run | null> {
  const runId = await deps.journal.runOfBranch(repository.id, branch);
  const run = runId ? foldRun(await deps.journal.read(runId)) : null;
  // People may open pull requests of their own from our branch, say into a release branch.
  if (!run || run.ended || (run.published && run.published.pullNumber !== number)) return null;
  return run;
}

async function tell(
  { deliveryId, actor }: OfPull,
  run: Run,
  command: "pull_merged" | "pull_closed" | "pull_drafted" | "pull_readied",
  deps: PerformerDeps,
): Promise<void> {
  await deps.journal.deliver(run.id, { deliveryId, command, actor, step: null, why: null });
  await deps.advance(run.id);
}
