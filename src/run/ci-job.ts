/** A workflow of the repository as its file describes it. All of it is text of others, as long as they liked. */
export interface CiWorkflow {
  path: string;
  /** GitHub shows the path where a file gives no name */
  name: string | null;
  on: unknown;
  jobs: readonly CiJob[];
}

export interface CiJob {
  id: string;
  name: string | null;
  runsOn: readonly string[];
  /** image that the job runs in, if not on the machine itself */
  container: string | null;
  /** plain values of each key of its matrix, those of `include` with them */
  matrix: Readonly<Record<string, readonly string[]>>;
  /** what `setup-node` and its kin are asked for */
  versions: readonly { tool: string; wanted: string }[];
  /** names of the variables that the workflow or the job sets */
  env: readonly string[];
  services: readonly string[];
  steps: readonly CiStep[];
}

export interface CiStep {
  name: string | null;
  run: string;
  env: readonly string[];
}

/** A job that failed, as GitHub names it. */
export interface FailedJob {
  name: string;
  workflow: string;
  failedSteps: readonly string[];
}

/** What a job's name says about which combination of its matrix it is. */
export interface Combination {
  /** values that stand at an expression of the job's own name */
  byKey: Readonly<Record<string, string>>;
  /** values in the brackets that GitHub puts after a name */
  inBrackets: readonly string[];
}

const EXPRESSION = /\$\{\{.{0,200}?\}\}/g;
const OF_MATRIX = /\$\{\{\s{0,9}matrix\.([\w-]{1,100})\s{0,9}\}\}/;

/** The job of these files that GitHub shows under this name, and which combination of its matrix it is; null when none fits. */
export function findJob(
  failed: FailedJob,
  workflows: readonly CiWorkflow[],
): { job: CiJob; combination: Combination } | null {
  const own = workflows.filter(({ name, path }) => (name ?? path) === failed.workflow);
  // A job of a reusable workflow is shown as `caller / job`, and stands in another file.
  for (const name of [failed.name, failed.name.split(" / ").at(-1) ?? ""]) {
    for (const job of [...own, ...workflows].flatMap((workflow) => workflow.jobs)) {
      const combination = combinationOf(job, name);
      if (combination) return { job, combination };
    }
  }
  return null;
}

function combinationOf(job: CiJob, shown: string): Combination | null {
  const template = job.name ?? job.id;
  const literals = template.split(EXPRESSION);
  if (literals.length > 1) {
    const values = valuesBetween(literals, shown);
    if (values === null) return null;
    const keys = (template.match(EXPRESSION) ?? []).map((each) => OF_MATRIX.exec(each)?.[1]);
    const known = keys.flatMap((key, index) => (key === undefined ? [] : [[key, values[index] ?? ""]]));
    return { byKey: Object.fromEntries(known), inBrackets: [] };
  }
  if (shown === template) return { byKey: {}, inBrackets: [] };
  const isOne = shown.startsWith(`${template} (`) && shown.endsWith(")");
  return isOne ? { byKey: {}, inBrackets: shown.slice(template.length + 2, -1).split(", ") } : null;
}

/** What stands between the literal parts of a template, or null when the text is not of its kind. Reads the text once. */
function valuesBetween(literals: readonly string[], text: string): string[] | null {
  const [first = "", ...others] = literals;
  if (!text.startsWith(first)) return null;
  const values: string[] = [];
  let from = first.length;
  for (const [index, literal] of others.entries()) {
    const isLast = index === others.length - 1;
    const to = isLast ? text.length - literal.length : text.indexOf(literal, from);
    if (to < from || !text.startsWith(literal, to)) return null;
    values.push(text.slice(from, to));
    from = to + literal.length;
  }
  return values;
}

/** What a text of the file can be for this combination; empty when it hangs on something that the file does not tell. */
export function resolve(text: string, job: CiJob, { byKey, inBrackets }: Combination): string[] {
  const key = OF_MATRIX.exec(text)?.[1];
  if (key === undefined) return text.includes("${{") ? [] : [text];
  const known = byKey[key];
  const all = known === undefined ? (job.matrix[key] ?? []) : [known];
  const named = all.filter((value) => inBrackets.includes(value));
  return (named.length > 0 ? named : all).flatMap((value) => {
    // A value that is an expression itself would be read again and again.
    const filled = text.replace(OF_MATRIX, () => value.replaceAll("${{", ""));
    return OF_MATRIX.test(filled) || filled.includes("${{") ? [] : [filled];
  });
}
