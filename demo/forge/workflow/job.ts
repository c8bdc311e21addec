import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { JobStep } from "../state.ts";
import { checkOut } from "./checkout.ts";
import { asText, type Contexts, condition, fill, type Outcome } from "./expression.ts";
import type { JobLog } from "./log.ts";
import { WorkflowProblem } from "./problem.ts";
import type { RunIn } from "./process.ts";
import type { JobSpec, StepSpec, WorkflowFile } from "./read.ts";

export type JobPlan = {
  file: WorkflowFile;
  spec: JobSpec;
  gitDir: string;
  treeSha: string;
  /** the job's own directory; removed by the caller */
  root: string;
  /** `github`, `matrix`, `needs`, `runner` … */
  contexts: Contexts;
  /** environment of every step, before that of the files */
  env: Record<string, string> & { PATH: string };
  timeoutMs: number;
  signal: AbortSignal;
  runIn: RunIn;
  now: () => Date;
};

export type JobResult = {
  conclusion: "success" | "failure" | "cancelled" | "timed_out";
  outputs: Record<string, string>;
};

/** What a step leaves for the ones after it. */
type Progress = {
  outcome: Outcome;
  env: Record<string, string>;
  path: string[];
  steps: Record<string, { outcome: string; conclusion: string; outputs: Record<string, string> }>;
};

/** Actions that a plain machine with the tools on its PATH can do without. */
const NOTHING_TO_DO =
  /^(actions\/(setup-[\w-]+|cache|upload-artifact)|pnpm\/action-setup|astral-sh\/setup-uv|dtolnay\/rust-toolchain)@/;

/** Runs the steps of a job one after the other; `steps` is filled as it goes, so that the API shows where it is. */
export async function runJob(plan: JobPlan, steps: JobStep[], log: JobLog): Promise<JobResult> {
  const deadline = Date.now() + plan.timeoutMs;
  const progress: Progress = { outcome: "success", env: {}, path: [], steps: {} };
  let timedOut = false;
  await mkdir(path.join(plan.root, "work"), { recursive: true });
  await mkdir(path.join(plan.root, "home"), { recursive: true });
  await mkdir(path.join(plan.root, "temp"), { recursive: true });
  for (const [index, spec] of plan.spec.steps.entries()) {
    const shown = steps[index];
    if (shown === undefined) continue;
    if (plan.signal.aborted) progress.outcome = "cancelled";
    shown.startedAt = plan.now();
    shown.status = "in_progress";
    const left = Math.min(deadline - Date.now(), (spec.timeoutMinutes ?? Number.POSITIVE_INFINITY) * 60_000);
    const result = await runStep(plan, spec, index, progress, left, log);
    shown.status = "completed";
    shown.completedAt = plan.now();
    shown.conclusion = result.conclusion;
    timedOut ||= result.timedOut;
    if (spec.id !== null)
      progress.steps[spec.id] = {
        outcome: result.outcome,
        conclusion: result.conclusion,
        outputs: result.outputs,
      };
    if (result.conclusion === "failure" && progress.outcome === "success") progress.outcome = "failure";
    if (plan.signal.aborted) progress.outcome = "cancelled";
  }
  const contexts = contextsOf(plan, progress);
  const outputs = Object.fromEntries(
    Object.entries(plan.spec.outputs).map(([name, value]) => [name, fill(value, contexts, progress.outcome)]),
  );
  return { conclusion: timedOut ? "timed_out" : progress.outcome, outputs };
}

type StepEnd = { outcome: string; conclusion: string; outputs: Record<string, string>; timedOut: boolean };

const contextsOf = (plan: JobPlan, progress: Progress): Contexts => ({
  ...plan.contexts,
  steps: progress.steps,
  job: { status: progress.outcome },
  env: { ...plan.file.env, ...plan.spec.env, ...progress.env },
});

async function runStep(
  plan: JobPlan,
  spec: StepSpec,
  index: number,
  progress: Progress,
  leftMs: number,
  log: JobLog,
): Promise<StepEnd> {
  const end = (outcome: string, outputs: Record<string, string> = {}, timedOut = false): StepEnd => {
    const conclusion = outcome === "failure" && spec.continueOnError ? "success" : outcome;
    return { outcome, conclusion, outputs, timedOut: timedOut && conclusion === "failure" };
  };
  try {
    const contexts = contextsOf(plan, progress);
    if (!condition(spec.if, contexts, progress.outcome)) return end("skipped");
    if (leftMs <= 0) {
      log.line("##[error]The job has exceeded its maximum execution time.");
      return end("failure", {}, true);
    }
    if (spec.uses !== null) {
      await useAction(plan, spec.uses, filled(spec.with, contexts, progress.outcome), log);
      return end("success");
    }
    return await runScript(plan, spec, index, progress, contexts, leftMs, log, end);
  } catch (error) {
    if (!(error instanceof WorkflowProblem)) throw error;
    log.line(`##[error]${error.message}`);
    return end("failure");
  }
}

const filled = (
  values: Record<string, string>,
  contexts: Contexts,
  outcome: Outcome,
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value, contexts, outcome)]));

async function useAction(
  plan: JobPlan,
  uses: string,
  given: Record<string, string>,
  log: JobLog,
): Promise<void> {
  if (uses.startsWith("actions/checkout@")) {
    for (const name of ["repository", "ref"]) {
      if ((given[name] ?? "") !== "")
        throw new WorkflowProblem(`This runner does not know "${name}" of actions/checkout.`);
    }
    const { path: directory } = given;
    log.group(`Run ${uses}`, [`Checking out ${plan.treeSha}`]);
    await checkOut(plan.gitDir, plan.treeSha, inside(plan, directory || "."));
    return;
  }
  if (!NOTHING_TO_DO.test(uses)) throw new WorkflowProblem(`This runner does not know the action "${uses}".`);
  log.group(`Run ${uses}`, ["The tools of this machine are used as they are."]);
}

/** A directory of the job, by its path from the workspace; it may not lead out of it. */
function inside(plan: JobPlan, relative: string): string {
  const work = path.join(plan.root, "work");
  const found = path.resolve(work, relative);
  if (found !== work && !found.startsWith(`${work}${path.sep}`))
    throw new WorkflowProblem(`The path "${relative}" leads out of the workspace.`);
  return found;
}

const SHELLS: Record<string, (script: string) => [string, ...string[]]> = {
  default: (script) => ["bash", "-e", script],
  bash: (script) => ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
  sh: (script) => ["sh", "-e", script],
};

async function runScript(
  plan: JobPlan,
  spec: StepSpec,
  index: number,
  progress: Progress,
  contexts: Contexts,
  leftMs: number,
  log: JobLog,
  end: (outcome: string, outputs?: Record<string, string>, timedOut?: boolean) => StepEnd,
): Promise<StepEnd> {
  const script = fill(spec.run ?? "", contexts, progress.outcome);
  const shell = spec.shell ?? plan.spec.defaults.shell ?? plan.file.defaults.shell ?? "default";
  const argvOf = SHELLS[shell];
  if (argvOf === undefined) throw new WorkflowProblem(`This runner does not know the shell "${shell}".`);
  const directory =
    spec.workingDirectory ??
    plan.spec.defaults.workingDirectory ??
    plan.file.defaults.workingDirectory ??
    ".";
  const temp = path.join(plan.root, "temp");
  const file = path.join(temp, `step-${index}.sh`);
  const commandFiles = {
    GITHUB_OUTPUT: `output-${index}`,
    GITHUB_ENV: `env-${index}`,
    GITHUB_PATH: `path-${index}`,
    GITHUB_STEP_SUMMARY: `summary-${index}`,
  };
  await writeFile(file, script);
  for (const name of Object.values(commandFiles)) await writeFile(path.join(temp, name), "");
  const own: Record<string, string> & { PATH?: string } = filled(
    { ...plan.file.env, ...plan.spec.env, ...progress.env, ...spec.env },
    contexts,
    progress.outcome,
  );
  const env = {
    ...plan.env,
    ...Object.fromEntries(
      Object.entries(commandFiles).map(([name, value]) => [name, path.join(temp, value)]),
    ),
    ...own,
    PATH: [...progress.path, own.PATH ?? plan.env.PATH].join(":"),
  };
  const argv = argvOf(file);
  log.group(`Run ${script.split("\n")[0] ?? ""}`, [
    ...script.trimEnd().split("\n"),
    `shell: ${argv.join(" ")}`,
  ]);
  const result = await plan.runIn({
    argv,
    cwd: inside(plan, directory),
    env,
    root: plan.root,
    timeoutMs: leftMs,
    signal: plan.signal,
  });
  if (result.output !== "") log.line(result.output);
  const read = async (name: keyof typeof commandFiles) =>
    readFile(path.join(temp, commandFiles[name]), "utf8").catch(() => "");
  Object.assign(progress.env, parseAssignments(await read("GITHUB_ENV")));
  progress.path.unshift(...(await read("GITHUB_PATH")).split("\n").filter(Boolean));
  const outputs = parseAssignments(await read("GITHUB_OUTPUT"));
  await rm(file, { force: true });
  if (result.ended === "cancelled") log.line("##[error]The operation was canceled.");
  else if (result.ended === "timed_out")
    log.line("##[error]The job has exceeded its maximum execution time.");
  else if (result.exitCode !== 0) log.line(`##[error]Process completed with exit code ${result.exitCode}.`);
  return end(result.exitCode === 0 ? "success" : "failure", outputs, result.ended === "timed_out");
}

/** `NAME=value` lines and `NAME<<MARK … MARK` blocks, as steps write them to `GITHUB_OUTPUT` and `GITHUB_ENV`. */
export function parseAssignments(source: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    if (block !== null) {
      const rest = lines.slice(at + 1);
      const end = rest.indexOf(block[2] ?? "");
      found[block[1] ?? ""] = rest.slice(0, end === -1 ? rest.length : end).join("\n");
      at += end === -1 ? rest.length : end + 1;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals > 0) found[line.slice(0, equals)] = asText(line.slice(equals + 1));
  }
  return found;
}
