import type { Check, CheckResult, Setup } from "../run/check.ts";
import type { PolicyDecision } from "../run/policy.ts";
import { cleanOutput } from "./clean-output.ts";
import { commandLine, placesOf, runInSandbox } from "./command.ts";
import { explainLimit } from "./install.ts";
import { defaultLimits, type Limits, type Sandbox, type SandboxResult } from "./sandbox/sandbox.ts";
import { takeChanges } from "./take-changes.ts";
import type { Workspace } from "./workspace.ts";

interface RanCheck {
  name: string;
  status: CheckResult["status"];
  exitCode: number | null;
  ms: number;
  /** what it printed, cleaned, with remarks about limits and about changes that were not taken */
  output: string;
  /** paths that a writing check changed, already in the workspace's change set */
  changed: readonly string[];
}

export interface CheckRunner {
  /** Throws when there is no check of that name; `AskPerson` when the sandbox fails. */
  run(name: string): Promise<RanCheck>;
}

interface Deps {
  sandbox: Sandbox;
  workspace: Workspace;
  setup: Setup;
  checks: readonly Check[];
  limits?: Limits;
  env: Readonly<Record<string, string>>;
  decide(access: "read" | "write", path: string): PolicyDecision;
  signal?: AbortSignal;
}

/**
 * Runs the repository's checks without network, secrets or cache, against the workspace as it stands; what they write is thrown away.
 * A check that is meant to write runs the same way: its layer is read by our own code, and taken over as edits under policy.
 */
export function createCheckRunner(deps: Deps): CheckRunner {
  // Tests that ask git about their repository get a synthetic one, from the first failure that speaks of it on.
  const needsGit = new Set<string>();
  return {
    async run(name) {
      const check = deps.checks.find((each) => each.name === name);
      if (!check) throw new Error(`there is no check "${name}"; the checks are: ${namesOf(deps.checks)}.`);
      if (check.where === "ci_only") {
        const output = "Only CI can run this check; it runs when the change is published.";
        return { name, status: "not_run", exitCode: null, ms: 0, output, changed: [] };
      }
      let result = await runCheck(deps, check, needsGit.has(name));
      const canHaveGit = deps.sandbox.name !== "none";
      if (
        canHaveGit &&
        result.code !== 0 &&
        !needsGit.has(name) &&
        /not a git repository/i.test(result.output)
      ) {
        needsGit.add(name);
        const again = await runCheck(deps, check, true);
        result = { ...again, ms: result.ms + again.ms };
      }
      return verdictOf(deps, check, result);
    },
  };
}

function runCheck(deps: Deps, check: Check, withGit: boolean): Promise<SandboxResult> {
  const places = placesOf(deps.sandbox, { root: deps.workspace.root }, null);
  const { argv, env } = commandLine(check.command, deps.setup, places.workspace);
  return runInSandbox(deps.sandbox, {
    argv,
    workspace: deps.workspace.root,
    mode: check.purpose === "writes" ? "collect" : "discard",
    env: { ...deps.env, ...env },
    readOnly: [],
    caches: [],
    network: { kind: "none" },
    limits: deps.limits ?? defaultLimits,
    ...(deps.signal ? { signal: deps.signal } : {}),
    ...(withGit ? { git: "synthetic" as const } : {}),
  });
}

async function verdictOf(deps: Deps, check: Check, result: SandboxResult): Promise<RanCheck> {
  const { changed, notes } =
    check.purpose === "writes" && result.code === 0
      ? await takeChanges(deps, result.changes)
      : { changed: [], notes: [] };
  const remarks = [...(result.notes ?? []), ...notes].map((note) => `\n[${note}]`).join("");
  return {
    name: check.name,
    status: statusOf(result),
    exitCode: result.code,
    ms: Math.round(result.ms),
    output: cleanOutput(result.output) + explainLimit(result) + remarks,
    changed,
  };
}

function statusOf(result: SandboxResult): CheckResult["status"] {
  if (result.limit === "wall") return "timed_out";
  return result.code === 0 && result.limit === undefined ? "passed" : "failed";
}

function namesOf(checks: readonly Check[]): string {
  return checks.map((check) => check.name).join(", ") || "none";
}
