import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { JobStep } from "../records/workflow.ts";
import { fill } from "./expression.ts";
import { contextsOf, type JobPlan, type Progress } from "./job-plan.ts";
import type { JobLog } from "./log.ts";
import { runStep } from "./step.ts";

export type JobResult = {
  conclusion: "success" | "failure" | "cancelled" | "timed_out";
  outputs: Record<string, string>;
};

/** Runs the steps of a job one after the other; `steps` is filled as it goes, so that the API shows how far it is. */
export async function runJob(plan: JobPlan, steps: readonly JobStep[], log: JobLog): Promise<JobResult> {
  const deadline = Date.now() + plan.timeoutMs;
  const progress: Progress = { outcome: "success", env: {}, path: [], steps: {} };
  let isTimedOut = false;
  for (const name of ["work", "home", "temp"]) await mkdir(path.join(plan.root, name), { recursive: true });
  for (const [index, spec] of plan.spec.steps.entries()) {
    const shown = steps[index];
    if (shown === undefined) continue;
    if (plan.signal.aborted) progress.outcome = "cancelled";
    shown.startedAt = plan.now();
    shown.status = "in_progress";
    const ownMs = spec.timeoutMinutes === null ? Number.POSITIVE_INFINITY : spec.timeoutMinutes * 60_000;
    const end = await runStep({
      plan,
      spec,
      index,
      progress,
      log,
      leftMs: Math.min(deadline - Date.now(), ownMs),
    });
    shown.status = "completed";
    shown.completedAt = plan.now();
    shown.conclusion = end.conclusion;
    isTimedOut ||= end.isTimedOut;
    const { outcome, conclusion, outputs } = end;
    if (spec.id !== null) progress.steps[spec.id] = { outcome, conclusion, outputs };
    if (conclusion === "failure" && progress.outcome === "success") progress.outcome = "failure";
    if (plan.signal.aborted) progress.outcome = "cancelled";
  }
  const contexts = contextsOf(plan, progress);
  const outputs = Object.entries(plan.spec.outputs).map(([name, value]) => [
    name,
    fill(value, contexts, progress.outcome),
  ]);
  return { conclusion: isTimedOut ? "timed_out" : progress.outcome, outputs: Object.fromEntries(outputs) };
}
