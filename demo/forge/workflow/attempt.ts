import { emitSuite } from "../verbs/check.ts";
import { runCombination } from "./combination.ts";
import type { Outcome } from "./expression.ts";
import { expandMatrix } from "./matrix.ts";
import type { Attempt, JobEnd } from "./order.ts";
import type { JobSpec, WorkflowFile } from "./read.ts";
import { tellRun } from "./tell.ts";

/** Runs all jobs of a workflow run in the order of their needs, and concludes the run. */
export async function runAttempt(attempt: Attempt): Promise<void> {
  const { world, repository, run, file } = attempt;
  const specs = file.jobs.length === 0 ? [brokenJob(file)] : file.jobs;
  const ends = new Map<string, Promise<JobEnd>>();
  let started: Promise<void> | null = null;
  const onStart = () => {
    run.status = "in_progress";
    started ??= tellRun(world, repository, run, "in_progress");
    return started;
  };
  const endOf = (spec: JobSpec, above: readonly string[]): Promise<JobEnd> => {
    // A circle of needs has no beginning: GitHub refuses such a file, here its jobs fail.
    if (above.includes(spec.key)) return Promise.resolve({ result: "failure", outputs: {}, isKept: false });
    const known = ends.get(spec.key);
    if (known !== undefined) return known;
    const needed = specs.filter((one) => spec.needs.includes(one.key));
    const end = Promise.all(
      needed.map(async (one) => [one.key, await endOf(one, [...above, spec.key])] as const),
    ).then((needs) => runJobs(attempt, spec, Object.fromEntries(needs), onStart));
    ends.set(spec.key, end);
    return end;
  };
  const results = await Promise.all(specs.map((spec) => endOf(spec, [])));
  // A job without a machine leaves the run open, as on GitHub when no runner comes.
  if (results.some((one) => one.result === "never") && !attempt.signal.aborted) return;
  run.conclusion = worstOf(results.map((one) => one.result));
  run.status = "completed";
  // GitHub tells of the suite first; that of the run itself may come a moment later.
  await emitSuite(world, repository, run.suite, "completed", run.triggeredBy);
  await tellRun(world, repository, run, "completed");
}

/** A file without jobs still shows up as one failed job, so that someone sees why. */
const brokenJob = (file: WorkflowFile): JobSpec => ({
  key: "workflow",
  name: file.path,
  needs: [],
  if: null,
  env: {},
  defaults: { shell: null, workingDirectory: null },
  runsOn: [],
  matrix: null,
  failFast: true,
  continueOnError: false,
  timeoutMinutes: null,
  outputs: {},
  steps: [],
  problems: [],
});

const WORST_FIRST = [
  "failure",
  "timed_out",
  "cancelled",
  "never",
  "action_required",
  "stale",
  "success",
  "neutral",
  "skipped",
];

/** The conclusion of several: the worst of them, and `skipped` only when all were. */
const worstOf = (conclusions: readonly string[]): string =>
  WORST_FIRST.find((word) => conclusions.includes(word)) ?? "success";

/** What the jobs before have come to. A skipped one is no failure, but those that need it are skipped too. */
function outcomeOf(attempt: Attempt, needs: Record<string, JobEnd>): Outcome {
  const results = Object.values(needs).map((one) => one.result);
  if (attempt.signal.aborted || results.includes("cancelled")) return "cancelled";
  if (results.every((result) => result === "success")) return "success";
  return results.some((result) => result === "failure" || result === "timed_out") ? "failure" : "skipped";
}

/** One job, in all combinations of its matrix. */
async function runJobs(
  attempt: Attempt,
  spec: JobSpec,
  needs: Record<string, JobEnd>,
  onStart: () => Promise<void>,
): Promise<JobEnd> {
  const needed = Object.values(needs);
  if (needed.some((one) => one.result === "never")) return { result: "never", outputs: {}, isKept: false };
  const combinations = expandMatrix(spec.matrix);
  const siblings = new AbortController();
  const signal = AbortSignal.any([attempt.signal, siblings.signal]);
  // What a job needs was run again: then it is run again too.
  const kept = needed.every((one) => one.isKept) ? attempt.kept : [];
  const ends = await Promise.all(
    combinations.map(async (combination) => {
      const order = { spec, combination, needs, outcome: outcomeOf(attempt, needs), signal, kept };
      const end = await runCombination(attempt, order, onStart);
      if (end.conclusion === "failure" && spec.failFast) siblings.abort();
      return end;
    }),
  );
  const result = worstOf(ends.map((end) => end.conclusion));
  return {
    result: spec.continueOnError && result === "failure" ? "success" : result,
    outputs: Object.assign({}, ...ends.map((end) => end.outputs)) as Record<string, string>,
    isKept: ends.every((end) => end.isKept),
  };
}
