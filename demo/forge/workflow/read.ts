import { parse } from "yaml";
import { asFields, type Fields, isFields } from "../fields.ts";

/** A workflow file, read into what the runner can do. What it cannot do is listed in `problems`, of the file or of one job. */
export type WorkflowFile = {
  path: string;
  name: string;
  /** events by name, with their filters */
  on: Record<string, Fields>;
  env: Record<string, string>;
  defaults: RunDefaults;
  /** runs of one group do not run side by side */
  concurrency: { group: string; cancelInProgress: boolean } | null;
  jobs: JobSpec[];
  problems: string[];
};

type RunDefaults = { shell: string | null; workingDirectory: string | null };

export type JobSpec = {
  key: string;
  name: string | null;
  needs: string[];
  if: string | null;
  env: Record<string, string>;
  defaults: RunDefaults;
  runsOn: string[];
  matrix: Fields | null;
  failFast: boolean;
  continueOnError: boolean;
  timeoutMinutes: number | null;
  outputs: Record<string, string>;
  steps: StepSpec[];
  problems: string[];
};

export type StepSpec = {
  id: string | null;
  name: string | null;
  if: string | null;
  uses: string | null;
  with: Record<string, string>;
  run: string | null;
  shell: string | null;
  workingDirectory: string | null;
  env: Record<string, string>;
  continueOnError: boolean;
  timeoutMinutes: number | null;
};

const FILE_KEYS = ["name", "run-name", "on", "true", "env", "defaults", "jobs", "permissions", "concurrency"];
const JOB_KEYS = [
  "name",
  "needs",
  "if",
  "env",
  "defaults",
  "runs-on",
  "strategy",
  "continue-on-error",
  "timeout-minutes",
  "outputs",
  "steps",
  "permissions",
  "concurrency",
];
const STEP_KEYS = [
  "id",
  "name",
  "if",
  "uses",
  "with",
  "run",
  "shell",
  "working-directory",
  "env",
  "continue-on-error",
  "timeout-minutes",
];

const textOrNull = (value: unknown): string | null =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => textOrNull(one) ?? []);

const textMap = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(asFields(value)).map(([name, one]) => [name, textOrNull(one) ?? ""]));

const unknownKeys = (value: Fields, known: readonly string[], where: string): string[] =>
  Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `This runner does not know "${key}" in ${where}.`);

/** `on: push`, `on: [push, pull_request]` and the long form with filters. */
function readTriggers(value: unknown): Record<string, Fields> {
  if (isFields(value))
    return Object.fromEntries(Object.entries(value).map(([name, filters]) => [name, asFields(filters)]));
  return Object.fromEntries(texts(value).map((name) => [name, {}]));
}

function readDefaults(value: unknown): RunDefaults {
  const run = asFields(asFields(value)["run"]);
  return { shell: textOrNull(run["shell"]), workingDirectory: textOrNull(run["working-directory"]) };
}

function readConcurrency(value: unknown): WorkflowFile["concurrency"] {
  if (typeof value === "string") return { group: value, cancelInProgress: false };
  const group = textOrNull(asFields(value)["group"]);
  return group === null ? null : { group, cancelInProgress: asFields(value)["cancel-in-progress"] === true };
}

function readStep(value: unknown, where: string, problems: string[]): StepSpec {
  const step = asFields(value);
  problems.push(...unknownKeys(step, STEP_KEYS, `a step of ${where}`));
  if (step["run"] === undefined && step["uses"] === undefined)
    problems.push(`A step of ${where} has neither "run" nor "uses".`);
  return {
    id: textOrNull(step["id"]),
    name: textOrNull(step["name"]),
    if: textOrNull(step["if"]),
    uses: textOrNull(step["uses"]),
    with: textMap(step["with"]),
    run: textOrNull(step["run"]),
    shell: textOrNull(step["shell"]),
    workingDirectory: textOrNull(step["working-directory"]),
    env: textMap(step["env"]),
    continueOnError: step["continue-on-error"] === true,
    timeoutMinutes: typeof step["timeout-minutes"] === "number" ? step["timeout-minutes"] : null,
  };
}

function readJob(key: string, value: unknown): JobSpec {
  const job = asFields(value);
  const where = `job "${key}"`;
  const problems = unknownKeys(job, JOB_KEYS, where);
  const strategy = asFields(job["strategy"]);
  problems.push(
    ...unknownKeys(strategy, ["matrix", "fail-fast", "max-parallel"], `the strategy of ${where}`),
  );
  if (typeof strategy["matrix"] === "string")
    problems.push(`This runner does not know a computed matrix in ${where}.`);
  const steps = Array.isArray(job["steps"]) ? job["steps"] : [];
  if (steps.length === 0) problems.push(`There are no steps in ${where}.`);
  return {
    key,
    name: textOrNull(job["name"]),
    needs: job["needs"] === undefined ? [] : texts(job["needs"]),
    if: textOrNull(job["if"]),
    env: textMap(job["env"]),
    defaults: readDefaults(job["defaults"]),
    runsOn: texts(job["runs-on"]),
    matrix: isFields(strategy["matrix"]) ? strategy["matrix"] : null,
    failFast: strategy["fail-fast"] !== false,
    continueOnError: job["continue-on-error"] === true,
    timeoutMinutes: typeof job["timeout-minutes"] === "number" ? job["timeout-minutes"] : null,
    outputs: textMap(job["outputs"]),
    steps: steps.map((step) => readStep(step, where, problems)),
    problems,
  };
}

/** Reads a workflow file. A file that is no workflow at all has only its problems. */
export function readWorkflow(path: string, source: string): WorkflowFile {
  const file: WorkflowFile = {
    path,
    name: path,
    on: {},
    env: {},
    defaults: readDefaults(null),
    concurrency: null,
    jobs: [],
    problems: [],
  };
  let value: unknown;
  try {
    value = parse(source, { maxAliasCount: 100 });
  } catch (error) {
    // GitHub runs a broken file on every push, so that its author sees that it is broken.
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return { ...file, on: { push: {} }, problems: [`This workflow file is not valid YAML: ${reason}`] };
  }
  const fields = asFields(value);
  file.name = textOrNull(fields["name"]) ?? path;
  file.on = readTriggers(fields["on"] ?? fields["true"]);
  file.env = textMap(fields["env"]);
  file.concurrency = readConcurrency(fields["concurrency"]);
  file.defaults = readDefaults(fields["defaults"]);
  file.jobs = Object.entries(asFields(fields["jobs"])).map(([key, job]) => readJob(key, job));
  file.problems = unknownKeys(fields, FILE_KEYS, "the workflow");
  if (file.jobs.length === 0) file.problems.push("There are no jobs in the workflow.");
  const keys = new Set(file.jobs.map((job) => job.key));
  for (const job of file.jobs) {
    for (const need of job.needs)
      if (!keys.has(need)) job.problems.push(`Job "${job.key}" needs "${need}", which does not exist.`);
  }
  return file;
}
