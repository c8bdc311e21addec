import { z } from "zod";
import { type CiJob, type CiWorkflow, type Combination, type FailedJob, findJob, resolve } from "./ci-job.ts";
import { commandLines, installs } from "./command-lines.ts";

/** One thing that a failing job has and the checks here had not. `ci` and `here` are text of others, bounded and not yet quoted. */
export const ciDifferenceSchema = z.object({
  job: z.string(),
  what: z.enum(["runtime", "platform", "container", "command", "environment", "services"]),
  ci: z.string(),
  here: z.string(),
});
export type CiDifference = z.infer<typeof ciDifferenceSchema>;

/** Where the checks ran here. */
export const machineSchema = z.object({
  /** as Node names them: `linux`, `x64` */
  platform: z.string(),
  arch: z.string(),
  /** versions inside the sandbox, without a `v`: `{ node: "20.19.0" }` */
  versions: z.record(z.string(), z.string()),
});
export type Machine = z.infer<typeof machineSchema>;

export interface Here {
  /** null in logs from before it was recorded */
  machine: Machine | null;
  /** command lines of the checks that passed, each with what is known to be the same under another name */
  commands: readonly { shown: string; same: readonly string[] }[];
  /** names of the variables that were set for them */
  env: readonly string[];
}

const MOST = 10;
const LONGEST = 200;

/** What failing jobs do differently from the checks that passed here, as far as the workflow files say it for certain. Each thing once. */
export function compareWithCi(
  failed: readonly FailedJob[],
  workflows: readonly CiWorkflow[],
  here: Here,
): CiDifference[] {
  const found = failed.flatMap((each) => {
    const known = findJob(each, workflows);
    return known ? differencesOf(each, known.job, known.combination, here) : [];
  });
  const bounded = found.map(({ job, what, ci, here: ours }) => {
    return { job: cut(job), what, ci: cut(ci), here: cut(ours) };
  });
  return bounded.slice(0, MOST);
}

function differencesOf(failed: FailedJob, job: CiJob, combination: Combination, here: Here): CiDifference[] {
  const { machine } = here;
  const steps = job.steps.filter(({ name, run }) =>
    failed.failedSteps.includes(name ?? `Run ${run.trim().split("\n")[0]}`),
  );
  const found: Omit<CiDifference, "job">[] = [];
  if (machine) {
    for (const { tool, wanted } of job.versions) {
      const have = machine.versions[tool];
      const versions = resolve(wanted, job, combination);
      const differs = versions.length > 0 && versions.every((version) => !isVersion(version, have ?? ""));
      if (have !== undefined && differs)
        found.push({ what: "runtime", ci: `${tool} ${versions.join(" or ")}`, here: `${tool} ${have}` });
    }
    const labels = job.runsOn.map((label) => resolve(label, job, combination));
    if (labels.some((each) => each.length > 0 && each.every((label) => !isMachine(label, machine)))) {
      const ci = labels.map((each) => each.join(" or ")).join(", ");
      found.push({ what: "platform", ci, here: `${machine.platform} ${machine.arch}` });
    }
  }
  const [image] = job.container === null ? [] : resolve(job.container, job, combination);
  if (image !== undefined) found.push({ what: "container", ci: image, here: "" });
  const known = new Set(here.commands.flatMap(({ shown, same }) => [shown, ...same]).map(canonical));
  const others = steps
    .flatMap((step) => commandLines(step.run))
    .filter((line) => !installs(line) && !PREPARES.test(line) && !known.has(canonical(line)));
  if (others.length > 0) {
    const shown = here.commands.map((each) => each.shown).join("; ");
    found.push({ what: "command", ci: others.join("; "), here: shown });
  }
  const set = [...job.env, ...steps.flatMap((step) => step.env)];
  const unknown = [...new Set(set)].filter((name) => name !== "CI" && !here.env.includes(name));
  if (unknown.length > 0) found.push({ what: "environment", ci: unknown.join(", "), here: "" });
  if (job.services.length > 0) found.push({ what: "services", ci: job.services.join(", "), here: "" });
  return found.map((each) => ({ job: failed.name, ...each }));
}

/** Lines of a script that only lead to the one that counts. */
const PREPARES = /^(cd|export|set|echo|mkdir|pwd)\b/;

/** `npm t`, `npm test` and `npm run test` are one command. */
function canonical(line: string): string {
  return line
    .trim()
    .replace(/\s+/g, " ")
    .replace(/^(npm|pnpm|yarn) (?:run|run-script) /, "$1 ")
    .replace(/^(npm|pnpm) (?:t|tst)(?= |$)/, "$1 test");
}

/** Whether this may be the version that was asked for: `18` and `18.x` are every 18; a range is believed, since it may hold. */
function isVersion(wanted: string, have: string): boolean {
  const parts = /^[v^~]?(\d+(?:\.(?:\d+|x|\*))*)$/i.exec(wanted.trim())?.[1]?.split(".");
  if (!parts) return !/^(lts\/.+|latest|node|current|stable|beta|nightly)$/i.test(wanted.trim());
  const open = wanted.startsWith("^") ? 1 : wanted.startsWith("~") ? 2 : parts.length;
  const given = have.split(".");
  return parts.slice(0, open).every((part, index) => /^(x|\*)$/i.test(part) || part === given[index]);
}

const FAMILIES = [
  [/windows/i, "win32"],
  [/mac-?os|osx/i, "darwin"],
  [/ubuntu|linux|debian/i, "linux"],
] as const;

/** Whether a label of a runner may be such a machine. A label that says nothing of it may be any. */
function isMachine(label: string, { platform, arch }: Machine): boolean {
  const family = FAMILIES.find(([sign]) => sign.test(label))?.[1] ?? platform;
  const built = /(?<![a-z])arm(64)?(?![a-z])/i.test(label)
    ? "arm64"
    : /x64|amd64/i.test(label)
      ? "x64"
      : arch;
  return family === platform && built === arch;
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
