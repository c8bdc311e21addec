import { fetchGateFacts } from "../github/facts/gate.ts";
import { rerunFailedJobs } from "../github/rerun.ts";
import type { Action } from "../run/action.ts";
import { opKeys } from "../run/op-keys.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/** Red for a reason that may pass by itself: the failed jobs of this SHA run once more. Costs no attempt, and happens once for a SHA. */
export async function rerun(turn: Turn, action: Extract<Action, { do: "rerun" }>): Promise<Progress> {
  const { sha, because } = action;
  const afterMs = restMs(turn);
  if (afterMs > 0) return { next: "park", afterMs };
  const facts = await fetchGateFacts(turn.github, sha, turn.run().base?.branch);
  const failed = facts.workflowRuns.filter((run) => ["failure", "timed_out"].includes(run.conclusion ?? ""));
  for (const { id, attempt } of failed) {
    await rerunFailedJobs(turn.github, turn.effects, {
      opKey: opKeys.rerun(id, attempt),
      workflowRunId: id,
      attempt,
    });
  }
  await turn.record({ kind: "ci.rerun", data: { sha, because, workflowRuns: failed.length } });
  return goOn;
}

/** A machine that failed a moment ago would fail again: it rests for as long as lies between two looks at CI (ms that are left of it). */
function restMs(turn: Turn): number {
  const { gate } = turn.run();
  const read = turn.events().findLast((event) => event.kind === "gate.read");
  if (gate?.verdict !== "infrastructure" || !read) return 0;
  return read.at + turn.deps.gate.pollMs - turn.deps.now();
}
