import type { GateFacts } from "./gate-facts.ts";
import type { Run } from "./run.ts";

/**
 * The facts of a SHA with each re-run that we asked for, and that GitHub has not begun yet, as under way. Until it begins, the workflow run
 * is shown as it ended before, and would be judged a second time for the first failure.
 */
export function withAskedReruns(facts: GateFacts, { effects }: Pick<Run, "effects">): GateFacts {
  const asked = new Map(
    Object.values(effects).flatMap((effect) =>
      effect.op === "workflow.rerun" && effect.status === "done"
        ? [[effect.receipt["workflowRunId"], Number(effect.receipt["attempt"])] as const]
        : [],
    ),
  );
  const workflowRuns = facts.workflowRuns.map((run) =>
    run.attempt < (asked.get(run.id) ?? 0) ? { ...run, status: "queued", conclusion: null } : run,
  );
  return { ...facts, workflowRuns };
}
