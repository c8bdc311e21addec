import { rm } from "node:fs/promises";
import path from "node:path";
import type { WorkflowJob } from "../records/workflow.ts";
import { createCheckRun, updateCheckRun } from "../verbs/check.ts";
import { type Contexts, condition, fill } from "./expression.ts";
import { runJob } from "./job.ts";
import { jobEnvironment } from "./job-environment.ts";
import { createLog } from "./log.ts";
import { combinationName } from "./matrix.ts";
import type { Attempt, CombinationEnd, Order } from "./order.ts";
import { WorkflowProblem } from "./problem.ts";
import type { JobSpec, StepSpec } from "./read.ts";
import { tellJob } from "./tell.ts";

/** Queues the job, runs it when it is wanted and a place is free, and tells of it as it goes. */
export async function runCombination(
  attempt: Attempt,
  order: Order,
  onStart: () => Promise<void>,
): Promise<CombinationEnd> {
  const { world, repository, run } = attempt;
  const { spec, signal } = order;
  const contexts = contextsOf(attempt, order);
  const { name, isWanted, problems } = look(attempt, order, contexts);
  const kept = order.kept.find((job) => job.name === name);
  if (kept !== undefined) {
    kept.attempt = run.attempt;
    return { conclusion: kept.checkRun.conclusion ?? "success", outputs: kept.outputs, isKept: true };
  }
  const job = await queueJob(attempt, spec, name);
  if (!isWanted) return finish(attempt, job, "skipped", "");
  const fault = world.levers.jobFault(run.workflow.name, job.key, "job");
  if (fault === "never_start") return { conclusion: "never", outputs: {}, isKept: false };
  return attempt.place(async () => {
    if (signal.aborted) return finish(attempt, job, "cancelled", "");
    await onStart();
    await updateCheckRun(
      world,
      repository,
      job.checkRun,
      { status: "in_progress", startedAt: world.now() },
      run.triggeredBy,
    );
    tellJob(world, repository, run, job, "in_progress");
    if (fault !== null && typeof fault === "object")
      return finish(attempt, job, fault.conclude, fault.log ?? "");
    const log = createLog(world.now);
    if (problems.length > 0) {
      for (const problem of problems) log.line(`##[error]${problem}`);
      return finish(attempt, job, "failure", log.text());
    }
    const root = path.join(world.dataDir, "jobs", String(job.id));
    try {
      const { file, runIn } = attempt;
      const timeoutMs = Math.min(attempt.jobTimeoutMs, (spec.timeoutMinutes ?? 360) * 60_000);
      const env = jobEnvironment(attempt, job, root);
      const place = {
        root,
        env,
        timeoutMs,
        signal,
        runIn,
        now: world.now,
        gitDir: repository.gitDir,
        treeSha: run.treeSha,
      };
      const result = await runJob({ ...place, file, spec, contexts }, job.steps, log);
      return await finish(attempt, job, result.conclusion, log.text(), result.outputs);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
}

function contextsOf(attempt: Attempt, { spec, combination, needs }: Order): Contexts {
  return {
    github: { ...attempt.github, job: spec.key },
    matrix: combination,
    needs,
    runner: { os: "Linux", arch: process.arch === "arm64" ? "ARM64" : "X64", name: "forge" },
    env: attempt.file.env,
    secrets: {},
    vars: {},
    inputs: {},
    strategy: {},
  };
}

/** The job's name, whether it is wanted, and everything about it that this runner does not know. */
function look(attempt: Attempt, { spec, combination, outcome }: Order, contexts: Contexts) {
  const problems = [...attempt.file.problems, ...spec.problems];
  let name = combinationName(spec.name ?? spec.key, spec.name === null ? combination : {});
  let isWanted = true;
  try {
    name = fill(name, contexts, outcome);
    isWanted = condition(spec.if, contexts, outcome);
    // This machine is a Linux machine; saying that it were another would prove nothing.
    for (const label of spec.runsOn.map((one) => fill(one, contexts, outcome))) {
      if (/^(windows|macos)/i.test(label)) problems.push(`This runner has no machine for "${label}".`);
    }
  } catch (error) {
    if (!(error instanceof WorkflowProblem)) throw error;
    problems.push(error.message);
  }
  return { name, isWanted, problems };
}

const stepName = (step: StepSpec): string =>
  step.name ?? `Run ${step.uses ?? (step.run ?? "").split("\n")[0] ?? ""}`;

async function queueJob(attempt: Attempt, spec: JobSpec, name: string): Promise<WorkflowJob> {
  const { world, repository, run } = attempt;
  const checkRun = await createCheckRun(
    world,
    repository,
    run.suite,
    name,
    { status: "queued" },
    run.triggeredBy,
  );
  const job: WorkflowJob = {
    // On GitHub a job and its check run share their id.
    id: checkRun.id,
    key: spec.key,
    name,
    attempt: run.attempt,
    checkRun,
    steps: spec.steps.map((step, index) => ({
      number: index + 1,
      name: stepName(step),
      status: "queued",
      conclusion: null,
      startedAt: null,
      completedAt: null,
    })),
    labels: spec.runsOn,
    outputs: {},
    log: "",
    createdAt: world.now(),
  };
  run.jobs.push(job);
  tellJob(world, repository, run, job, "queued");
  return job;
}

async function finish(
  attempt: Attempt,
  job: WorkflowJob,
  conclusion: string,
  log: string,
  outputs: Record<string, string> = {},
): Promise<CombinationEnd> {
  const { world, repository, run } = attempt;
  job.log = log;
  job.outputs = outputs;
  for (const step of job.steps) {
    if (step.status === "completed") continue;
    step.status = "completed";
    step.conclusion = conclusion === "success" ? "success" : "skipped";
  }
  await updateCheckRun(world, repository, job.checkRun, { conclusion }, run.triggeredBy);
  tellJob(world, repository, run, job, "completed");
  return { conclusion, outputs, isKept: false };
}
