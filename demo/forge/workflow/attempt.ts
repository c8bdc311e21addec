import { rm } from "node:fs/promises";
import path from "node:path";
import type { JobStep, Repository, WorkflowJob, WorkflowRun } from "../state.ts";
import { createCheckRun, emitSuite, updateCheckRun } from "../verbs/check.ts";
import type { World } from "../world.ts";
import { type Contexts, condition, fill, type Outcome } from "./expression.ts";
import { runJob } from "./job.ts";
import { createLog } from "./log.ts";
import { type Combination, combinationName, expandMatrix } from "./matrix.ts";
import { WorkflowProblem } from "./problem.ts";
import type { RunIn } from "./process.ts";
import type { JobSpec, WorkflowFile } from "./read.ts";
import { tellJob, tellRun } from "./tell.ts";

export type Attempt = {
  world: World;
  repository: Repository;
  run: WorkflowRun;
  file: WorkflowFile;
  /** the `github` context */
  github: Record<string, unknown>;
  env: Record<string, string>;
  signal: AbortSignal;
  /** jobs that are taken over as they stand from the attempt before */
  kept: WorkflowJob[];
  jobTimeoutMs: number;
  runIn: RunIn;
  /** waits for a free place on the machine */
  place: <T>(work: () => Promise<T>) => Promise<T>;
};

type Ended = { conclusion: string; outputs: Record<string, string> };

/** One job of the graph, after all its combinations have ended. */
type JobEnd = { result: string; outputs: Record<string, string> };

/** Runs all jobs of a workflow run in the order of their needs, and concludes the run. */
export async function runAttempt(attempt: Attempt): Promise<void> {
  const { world, repository, run, file } = attempt;
  const ends = new Map<string, Promise<JobEnd>>();
  const specs = file.jobs.length === 0 ? [brokenJob(file)] : file.jobs;
  let started: Promise<void> | null = null;
  const onStart = () => {
    started ??= (async () => {
      run.status = "in_progress";
      await tellRun(world, repository, run, "in_progress");
    })();
    return started;
  };
  const startJob = (spec: JobSpec, above: readonly string[]): Promise<JobEnd> => {
    const known = ends.get(spec.key);
    if (known !== undefined) return known;
    if (above.includes(spec.key)) return Promise.resolve({ result: "failure", outputs: {} });
    const end = (async () => {
      const needed = specs.filter((one) => spec.needs.includes(one.key));
      const results = await Promise.all(
        needed.map(async (one) => [one.key, await startJob(one, [...above, spec.key])] as const),
      );
      return runCombinations(attempt, spec, Object.fromEntries(results), onStart);
    })();
    ends.set(spec.key, end);
    return end;
  };
  const results = await Promise.all(specs.map((spec) => startJob(spec, [])));
  if (results.some((one) => one.result === "never")) return;
  await conclude(attempt, results);
}

/** A file that is no workflow still shows up as one failed job, so that someone sees why. */
function brokenJob(file: WorkflowFile): JobSpec {
  return {
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
  };
}

const WORST_FIRST = [
  "failure",
  "timed_out",
  "cancelled",
  "action_required",
  "startup_failure",
  "stale",
  "success",
  "neutral",
  "skipped",
];

/** Nothing that failed or was cancelled: success, unless every job was skipped. */
export const worstOf = (conclusions: readonly string[]): string =>
  WORST_FIRST.find((word) => conclusions.includes(word)) ?? "success";

async function conclude(attempt: Attempt, results: JobEnd[]): Promise<void> {
  const { world, repository, run } = attempt;
  run.conclusion = worstOf(results.map((one) => one.result));
  run.status = "completed";
  // GitHub tells of the suite first; the run itself may be told a moment later.
  await emitSuite(world, repository, run.suite, "completed", run.actor);
  await tellRun(world, repository, run, "completed");
}

async function runCombinations(
  attempt: Attempt,
  spec: JobSpec,
  needs: Record<string, JobEnd>,
  onStart: () => Promise<void>,
): Promise<JobEnd> {
  if (Object.values(needs).some((one) => one.result === "never")) return { result: "never", outputs: {} };
  const combinations = expandMatrix(spec.matrix);
  const stopSiblings = new AbortController();
  const signal = AbortSignal.any([attempt.signal, stopSiblings.signal]);
  const ends = await Promise.all(
    combinations.map(async (combination) => {
      const end = await runCombination(attempt, spec, combination, needs, signal, onStart);
      if (end.conclusion === "failure" && spec.failFast && combinations.length > 1) stopSiblings.abort();
      return end;
    }),
  );
  const outputs = Object.assign({}, ...ends.map((end) => end.outputs)) as Record<string, string>;
  if (ends.some((end) => end.conclusion === "never")) return { result: "never", outputs };
  const result = worstOf(ends.map((end) => end.conclusion));
  return { result: spec.continueOnError && result === "failure" ? "success" : result, outputs };
}

/** What the jobs before have come to: a skipped one counts as neither good nor bad, but stops those that need it. */
function outcomeOf(attempt: Attempt, needs: Record<string, JobEnd>): Outcome {
  if (attempt.signal.aborted) return "cancelled";
  const results = Object.values(needs).map((one) => one.result);
  if (results.includes("cancelled")) return "cancelled";
  return results.every((result) => result === "success") ? "success" : "failure";
}

async function runCombination(
  attempt: Attempt,
  spec: JobSpec,
  combination: Combination,
  needs: Record<string, JobEnd>,
  signal: AbortSignal,
  onStart: () => Promise<void>,
): Promise<Ended> {
  const { world, repository, run } = attempt;
  const outcome = outcomeOf(attempt, needs);
  const contexts: Contexts = {
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
  const problems = [...attempt.file.problems, ...spec.problems];
  let wanted = true;
  let name = spec.name ?? combinationName(spec.key, combination);
  try {
    name = fill(name, contexts, outcome);
    // GitHub decides about `if:` before it looks at the rest of the job.
    wanted = condition(spec.if, contexts, outcome);
  } catch (error) {
    if (!(error instanceof WorkflowProblem)) throw error;
    problems.push(error.message);
  }
  const kept = attempt.kept.find((job) => job.name === name);
  if (kept !== undefined) {
    kept.attempt = run.attempt;
    return { conclusion: kept.checkRun.conclusion ?? "success", outputs: {} };
  }
  const job = await queueJob(attempt, spec, name);
  if (!wanted) return finish(attempt, job, "skipped", "");
  const fault = world.levers.jobFault(run.workflow.name, job.key);
  if (fault === "never_start") return { conclusion: "never", outputs: {} };
  return attempt.place(async () => {
    if (signal.aborted) return finish(attempt, job, "cancelled", "");
    await onStart();
    await updateCheckRun(world, repository, job.checkRun, { status: "in_progress" }, run.actor);
    tellJob(world, repository, run, job, "in_progress");
    const log = createLog(world.now);
    if (fault !== null && typeof fault === "object")
      return finish(attempt, job, fault.conclude, fault.log ?? "");
    problems.push(...unknownMachines(spec, contexts));
    if (problems.length > 0) {
      for (const problem of problems) log.line(`##[error]${problem}`);
      return finish(attempt, job, "failure", log.text());
    }
    const root = path.join(world.dataDir, "jobs", String(job.id));
    try {
      const plan = {
        file: attempt.file,
        spec,
        gitDir: repository.gitDir,
        treeSha: run.treeSha,
        root,
        contexts,
        signal,
        now: world.now,
      };
      const timeoutMs = Math.min(attempt.jobTimeoutMs, (spec.timeoutMinutes ?? 360) * 60_000);
      const env = jobEnvironment(attempt, job, root);
      const result = await runJob({ ...plan, env, timeoutMs, runIn: attempt.runIn }, job.steps, log);
      return await finish(attempt, job, result.conclusion, log.text(), result.outputs);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
}

/** This machine is a Linux machine; saying it were another would prove nothing. */
function unknownMachines(spec: JobSpec, contexts: Contexts): string[] {
  return spec.runsOn
    .map((label) => fill(label, contexts, "success"))
    .filter((label) => /^(windows|macos)/i.test(label))
    .map((label) => `This runner has no machine for "${label}".`);
}

async function queueJob(attempt: Attempt, spec: JobSpec, name: string): Promise<WorkflowJob> {
  const { world, repository, run } = attempt;
  const checkRun = await createCheckRun(world, repository, run.suite, name, { status: "queued" }, run.actor);
  const steps: JobStep[] = spec.steps.map((step, index) => ({
    number: index + 1,
    name:
      step.name ?? (step.uses === null ? `Run ${(step.run ?? "").split("\n")[0] ?? ""}` : `Run ${step.uses}`),
    status: "queued",
    conclusion: null,
    startedAt: null,
    completedAt: null,
  }));
  const job: WorkflowJob = {
    // On GitHub a job and its check run share their id.
    id: checkRun.id,
    key: spec.key,
    name,
    attempt: run.attempt,
    checkRun,
    steps,
    labels: spec.runsOn,
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
): Promise<Ended> {
  const { world, repository, run } = attempt;
  job.log = log;
  for (const step of job.steps) {
    if (step.status === "completed") continue;
    step.status = "completed";
    step.conclusion = conclusion === "success" ? "success" : "skipped";
  }
  await updateCheckRun(world, repository, job.checkRun, { conclusion }, run.actor);
  tellJob(world, repository, run, job, "completed");
  return { conclusion, outputs };
}

function jobEnvironment(
  attempt: Attempt,
  job: WorkflowJob,
  root: string,
): Record<string, string> & { PATH: string } {
  const { github, run } = attempt;
  const text = (name: string) => String(github[name] ?? "");
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: path.join(root, "home"),
    TMPDIR: path.join(root, "temp"),
    LANG: "C.UTF-8",
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: path.join(root, "work"),
    GITHUB_SHA: text("sha"),
    GITHUB_REF: text("ref"),
    GITHUB_REF_NAME: text("ref_name"),
    GITHUB_HEAD_REF: text("head_ref"),
    GITHUB_BASE_REF: text("base_ref"),
    GITHUB_EVENT_NAME: text("event_name"),
    GITHUB_REPOSITORY: text("repository"),
    GITHUB_SERVER_URL: text("server_url"),
    GITHUB_API_URL: text("api_url"),
    GITHUB_ACTOR: text("actor"),
    GITHUB_WORKFLOW: run.workflow.name,
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_RUN_ATTEMPT: String(run.attempt),
    GITHUB_JOB: job.key,
    RUNNER_OS: "Linux",
    RUNNER_TEMP: path.join(root, "temp"),
    ...attempt.env,
  };
}
