import type { Check, Setup } from "../run/check.ts";
import type { CiWorkflow } from "../run/ci-job.ts";
import type { Detector, Found, RepositoryFiles } from "./ecosystem/ecosystem.ts";
import { detectGo } from "./ecosystem/go.ts";
import { detectMake } from "./ecosystem/make.ts";
import { detectNpm } from "./ecosystem/npm.ts";
import { detectPnpm } from "./ecosystem/pnpm.ts";
import { detectPython } from "./ecosystem/python.ts";
import { readWorkflows } from "./ecosystem/read-workflows.ts";
import { detectRust } from "./ecosystem/rust.ts";
import { detectWorkflow, startsWhenReady } from "./ecosystem/workflow.ts";
import { detectYarn } from "./ecosystem/yarn.ts";
import { PathRefused } from "./workspace.ts";

export interface Detected {
  checks: readonly Check[];
  setup: Setup;
  /** the repository's workflows start something only when a draft becomes ready */
  ciStartsWhenReady: boolean;
  /** one sentence for each thing found, and why it counts or does not */
  findings: readonly string[];
}

/** In order of preference: of two checks with one name the first keeps it. */
const detectors: readonly Detector[] = [
  detectPnpm,
  detectYarn,
  detectNpm,
  detectPython,
  detectGo,
  detectRust,
  detectMake,
];

/** Where the cache of this repository's packages appears in the sandbox. */
const cacheAt = "/cache";

/**
 * Finds how a repository is made ready and checked, from what it carries at its root. `read` gives a file of the base commit or null,
 * `list` all its paths. Nothing of the repository is run. Hosts are left open: the operator's list and the configuration decide.
 */
export async function detectRepository(
  read: (path: string) => Promise<string | null>,
  list: () => Promise<readonly string[]>,
): Promise<Detected> {
  const paths = await list();
  const known = new Set(paths);
  const files: RepositoryFiles = {
    paths,
    has: (path) => known.has(path),
    read: async (path) => (known.has(path) ? read(path).catch(nullIfRefused) : null),
  };
  const found: Found[] = [];
  for (const detect of detectors) {
    const one = await detect(files);
    if (one) found.push(one);
  }
  const workflows = await readWorkflows(files);
  if (!found.some((one) => one.checks.some((check) => check.purpose === "proves"))) {
    const lastResort = await detectWorkflow(files);
    if (lastResort)
      found.push(found.some((one) => one.commands.length > 0) ? { ...lastResort, commands: [] } : lastResort);
  }
  const findings = [...found.flatMap((one) => one.findings), ...serviceFindings(workflows)];
  if (found.length === 0)
    findings.push("None of the known kinds of project stands at the root of the repository.");
  return {
    checks: withOwnNames(found),
    setup: {
      ecosystems: found.map((one) => one.ecosystem),
      commands: found.flatMap((one) => one.commands),
      hosts: [],
      env: mergeEnvironments(found.map((one) => one.env)),
      cacheAt: found.some((one) => one.commands.length > 0) ? cacheAt : null,
      findings,
    },
    ciStartsWhenReady: startsWhenReady(workflows),
    findings,
  };
}

/** A link, a binary or a huge file in place of a manifest tells nothing. */
function nullIfRefused(error: unknown): null {
  if (error instanceof PathRefused) return null;
  throw error;
}

/** A repository of several kinds has `test` and `test-python`; what make calls the same is most likely the same. */
function withOwnNames(found: readonly Found[]): Check[] {
  const checks = new Map<string, Check>();
  for (const { ecosystem, checks: offered } of found) {
    for (const check of offered) {
      if (!checks.has(check.name)) checks.set(check.name, check);
      else if (ecosystem !== "make") {
        const name = `${check.name}-${ecosystem}`;
        checks.set(name, { ...check, name });
      }
    }
  }
  return [...checks.values()];
}

/** Search paths of several kinds are put one before the other; other variables are told apart by their names. */
function mergeEnvironments(
  environments: readonly Readonly<Record<string, string>>[],
): Record<string, string> {
  const merged = new Map<string, string>();
  for (const [name, value] of environments.flatMap((env) => Object.entries(env))) {
    const before = name === "PATH" ? merged.get(name) : undefined;
    merged.set(name, before?.replace("{path}", value) ?? value);
  }
  return Object.fromEntries(merged);
}

function serviceFindings(workflows: readonly CiWorkflow[]): string[] {
  return workflows.flatMap(({ path, jobs }) =>
    jobs
      .filter((job) => job.services.length > 0)
      .map(
        (job) =>
          `${path} starts ${job.services.join(", ")} for the job ${job.id}; a check that needs them can be left to CI (where: ci).`,
      ),
  );
}
