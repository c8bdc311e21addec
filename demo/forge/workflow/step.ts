import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseAssignments } from "./assignments.ts";
import { checkOut } from "./checkout.ts";
import { type Contexts, condition, fill } from "./expression.ts";
import { contextsOf, type JobPlan, type Progress } from "./job-plan.ts";
import type { JobLog } from "./log.ts";
import { WorkflowProblem } from "./problem.ts";
import type { StepSpec } from "./read.ts";

export type StepRun = {
  plan: JobPlan;
  spec: StepSpec;
  index: number;
  progress: Progress;
  log: JobLog;
  leftMs: number;
};

/** `outcome` is what happened, `conclusion` what counts: they differ with `continue-on-error`. */
export type StepEnd = {
  outcome: string;
  conclusion: string;
  outputs: Record<string, string>;
  isTimedOut: boolean;
};

/** Actions that a machine with the tools on its PATH can do without. */
const NOTHING_TO_DO =
  /^(actions\/(setup-[\w-]+|cache|upload-artifact)|pnpm\/action-setup|astral-sh\/setup-uv|dtolnay\/rust-toolchain)@/;

const TOO_LATE = "##[error]The job has exceeded its maximum execution time.";

export async function runStep(step: StepRun): Promise<StepEnd> {
  const { plan, spec, progress, log } = step;
  try {
    const contexts = contextsOf(plan, progress);
    if (!condition(spec.if, contexts, progress.outcome)) return endOf(spec, "skipped");
    if (step.leftMs <= 0) {
      log.line(TOO_LATE);
      return endOf(spec, "failure", {}, true);
    }
    if (spec.uses === null) return await runScript(step, contexts);
    await useAction(step, spec.uses, contexts);
    return endOf(spec, "success");
  } catch (error) {
    if (!(error instanceof WorkflowProblem)) throw error;
    log.line(`##[error]${error.message}`);
    return endOf(spec, "failure");
  }
}

function endOf(
  spec: StepSpec,
  outcome: string,
  outputs: Record<string, string> = {},
  isTimedOut = false,
): StepEnd {
  const isForgiven = outcome === "failure" && spec.continueOnError;
  return {
    outcome,
    conclusion: isForgiven ? "success" : outcome,
    outputs,
    isTimedOut: isTimedOut && !isForgiven,
  };
}

async function useAction(
  { plan, spec, progress, log }: StepRun,
  uses: string,
  contexts: Contexts,
): Promise<void> {
  if (!uses.startsWith("actions/checkout@")) {
    if (!NOTHING_TO_DO.test(uses))
      throw new WorkflowProblem(`This runner does not know the action "${uses}".`);
    log.group(`Run ${uses}`, ["The tools of this machine are used as they are."]);
    return;
  }
  const given = new Map(
    Object.entries(spec.with).map(([name, one]) => [name, fill(one, contexts, progress.outcome)]),
  );
  for (const name of ["repository", "ref"]) {
    if (given.get(name))
      throw new WorkflowProblem(`This runner does not know "${name}" of actions/checkout.`);
  }
  log.group(`Run ${uses}`, [`Checking out ${plan.treeSha}`]);
  await checkOut(plan.gitDir, plan.treeSha, inside(plan, given.get("path") || "."));
}

/** A directory of the job, by its path from the workspace; it may not lead out of it. */
function inside(plan: JobPlan, relative: string): string {
  const work = path.join(plan.root, "work");
  const found = path.resolve(work, relative);
  if (found === work || found.startsWith(`${work}${path.sep}`)) return found;
  throw new WorkflowProblem(`The path "${relative}" leads out of the workspace.`);
}

/** How GitHub starts each shell; without `shell` there is no pipefail. */
const SHELLS = new Map<string, readonly [string, ...string[]]>([
  ["default", ["bash", "-e"]],
  ["bash", ["bash", "--noprofile", "--norc", "-eo", "pipefail"]],
  ["sh", ["sh", "-e"]],
]);

/** Files through which a step speaks to the runner. */
const COMMAND_FILES = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] as const;

async function runScript(step: StepRun, contexts: Contexts): Promise<StepEnd> {
  const { plan, spec, index, progress, log, leftMs } = step;
  const defaults = { ...dropNulls(plan.file.defaults), ...dropNulls(plan.spec.defaults) };
  const shell = spec.shell ?? defaults.shell ?? "default";
  const start = SHELLS.get(shell);
  if (start === undefined) throw new WorkflowProblem(`This runner does not know the shell "${shell}".`);
  const cwd = inside(
    plan,
    fill(spec.workingDirectory ?? defaults.workingDirectory ?? ".", contexts, progress.outcome),
  );
  const script = fill(spec.run ?? "", contexts, progress.outcome);
  const inTemp = (name: string) => path.join(plan.root, "temp", `${name}-${index}`);
  const file = inTemp("script");
  await writeFile(file, script);
  for (const name of COMMAND_FILES) await writeFile(inTemp(name), "");
  const env = stepEnvironment(step, contexts, inTemp);
  log.group(`Run ${script.split("\n")[0] ?? ""}`, [
    ...script.trimEnd().split("\n"),
    `shell: ${start.join(" ")} {0}`,
  ]);
  const { root, signal } = plan;
  const result = await plan.runIn({ argv: [...start, file], cwd, env, root, timeoutMs: leftMs, signal });
  if (result.output !== "") log.line(result.output);
  const read = (name: (typeof COMMAND_FILES)[number]) => readFile(inTemp(name), "utf8").catch(() => "");
  Object.assign(progress.env, parseAssignments(await read("GITHUB_ENV")));
  progress.path.unshift(...(await read("GITHUB_PATH")).split("\n").filter(Boolean));
  if (result.ended === "cancelled") log.line("##[error]The operation was canceled.");
  else if (result.ended === "timed_out") log.line(TOO_LATE);
  else if (result.exitCode !== 0) log.line(`##[error]Process completed with exit code ${result.exitCode}.`);
  const isGood = result.exitCode === 0 && result.ended === "exited";
  return endOf(
    spec,
    isGood ? "success" : "failure",
    parseAssignments(await read("GITHUB_OUTPUT")),
    result.ended === "timed_out",
  );
}

const dropNulls = (defaults: { shell: string | null; workingDirectory: string | null }) => ({
  ...(defaults.shell === null ? {} : { shell: defaults.shell }),
  ...(defaults.workingDirectory === null ? {} : { workingDirectory: defaults.workingDirectory }),
});

function stepEnvironment(
  { plan, spec, progress }: StepRun,
  contexts: Contexts,
  inTemp: (name: string) => string,
) {
  const written = { ...plan.file.env, ...plan.spec.env, ...progress.env, ...spec.env };
  const own = new Map(
    Object.entries(written).map(([name, one]) => [name, fill(one, contexts, progress.outcome)]),
  );
  return {
    ...plan.env,
    ...Object.fromEntries(COMMAND_FILES.map((name) => [name, inTemp(name)])),
    ...Object.fromEntries(own),
    PATH: [...progress.path, own.get("PATH") ?? plan.env.PATH].join(":"),
  };
}
