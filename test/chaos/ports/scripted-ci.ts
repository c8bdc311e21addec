import type { Repository } from "../../../demo/forge/records/repository.ts";
import { isPull } from "../../../demo/forge/shapes/pull.ts";
import { createCheckRun, emitSuite, ensureSuite, updateCheckRun } from "../../../demo/forge/verbs/check.ts";
import type { WorkflowPort, World } from "../../../demo/forge/world.ts";

/** CI of the story: it looks at every head of a pull request. `wanted` is told which. */
export function scriptedCi(wanted: (head: { sha: string; branch: string }) => void): WorkflowPort {
  const nothing = async () => {};
  return {
    onPush: nothing,
    rerun: nothing,
    cancel: nothing,
    approve: nothing,
    async onPull(repository, number, action) {
      const issue = repository.issues.get(number);
      if (issue === undefined || !isPull(issue) || !["opened", "synchronize"].includes(action)) return;
      wanted({ sha: issue.pull.headSha, branch: issue.pull.headRef });
    },
  };
}

export async function beginCi(
  world: World,
  repository: Repository,
  head: { sha: string; branch: string },
): Promise<void> {
  const wanted = { owner: "actions", headSha: head.sha, headBranch: head.branch } as const;
  const suite = ensureSuite(world, repository, wanted);
  await createCheckRun(world, repository, suite, "ci", { status: "in_progress" }, world.actions.bot);
}

/** It ran nothing, and everything is green. */
export async function endCi(world: World, repository: Repository, sha: string): Promise<void> {
  const { bot } = world.actions;
  const run = repository.checkRuns.find((each) => each.suite.owner === "actions" && each.headSha === sha);
  if (!run) throw new Error(`CI never began on ${sha}.`);
  await updateCheckRun(world, repository, run, { conclusion: "success" }, bot);
  await emitSuite(world, repository, run.suite, "completed", bot);
}
