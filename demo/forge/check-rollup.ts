import type { CheckRun, CheckSuite } from "./records/check.ts";
import type { Repository } from "./records/repository.ts";

export const runsOf = (repository: Repository, suite: CheckSuite): CheckRun[] =>
  repository.checkRuns.filter((run) => run.suite === suite);

/** The newest check run of each name in a suite: what GitHub's `filter=latest` shows. */
export function latestRuns(runs: readonly CheckRun[]): CheckRun[] {
  const newest = new Map<string, CheckRun>();
  for (const run of runs) newest.set(`${run.suite.id} ${run.name}`, run);
  return [...newest.values()];
}

/** A suite without runs stays `queued` for ever, as GitHub's suites of apps that report nothing do. */
export function statusOf(runs: readonly CheckRun[]): "queued" | "in_progress" | "completed" {
  const latest = latestRuns(runs);
  if (latest.length > 0 && latest.every((run) => run.status === "completed")) return "completed";
  return latest.some((run) => run.status !== "queued") ? "in_progress" : "queued";
}

const WORST_FIRST = [
  "action_required",
  "timed_out",
  "cancelled",
  "failure",
  "stale",
  "neutral",
  "skipped",
  "success",
];

/** The conclusion of a suite: the worst of its runs; null until all are completed. Skipped runs beside green ones are green. */
export function conclusionOf(runs: readonly CheckRun[]): string | null {
  if (statusOf(runs) !== "completed") return null;
  const conclusions = new Set(latestRuns(runs).map((run) => run.conclusion ?? "neutral"));
  if (conclusions.has("failure")) return "failure";
  const worst = WORST_FIRST.find((word) => conclusions.has(word)) ?? "neutral";
  return ["skipped", "neutral"].includes(worst) && conclusions.has("success") ? "success" : worst;
}
