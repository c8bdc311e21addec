import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RepositoryHandle } from "./forge/forge.ts";
import type { Person } from "./forge/person.ts";

const run = promisify(execFile);

export interface GivenCheck {
  name: string;
  command: string;
}

/**
 * Checks named on the command line become what a repository would say itself: `.github/fixpoint.yml` for Fixpoint, and, where it has
 * no workflow of its own, one that runs them in CI, since CI on the head commit is the proof. Both are one visible commit on top.
 */
export async function addGivenChecks(
  person: Person,
  repository: RepositoryHandle,
  checks: readonly GivenCheck[],
): Promise<void> {
  if (checks.length === 0) return;
  const { owner, name, defaultBranch, gitDir } = repository;
  const { stdout } = await run(
    "git",
    [`--git-dir=${gitDir}`, "ls-tree", "-r", "-z", "--name-only", defaultBranch],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const files = stdout.split("\0");
  const hasWorkflow = files.some((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path));
  await person.push(owner, name, defaultBranch, {
    ".github/fixpoint.yml": configuration(checks),
    ...(hasWorkflow ? {} : { ".github/workflows/ci.yml": workflow(checks, files) }),
  });
}

// JSON is YAML, and needs no quoting rules.
function configuration(checks: readonly GivenCheck[]): string {
  const named = Object.fromEntries(checks.map(({ name, command }) => [name, command]));
  return `${JSON.stringify({ version: 1, checks: named }, null, 2)}\n`;
}

function workflow(checks: readonly GivenCheck[], files: readonly string[]): string {
  const install = files.includes("package-lock.json")
    ? [{ run: "npm ci --ignore-scripts" }]
    : files.includes("package.json")
      ? [{ run: "npm install --ignore-scripts --no-package-lock" }]
      : [];
  const steps = [
    { uses: "actions/checkout@v5" },
    ...install,
    ...checks.map(({ name, command }) => ({ name, run: command })),
  ];
  const checksJob = { "runs-on": "ubuntu-latest", steps };
  return `${JSON.stringify({ name: "ci", on: ["push", "pull_request"], jobs: { checks: checksJob } }, null, 2)}\n`;
}
