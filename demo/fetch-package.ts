import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";
import { stringify } from "yaml";
import { putUnderGit } from "./put-under-git.ts";

const run = promisify(execFile);

const usage = `Usage: tsx demo/fetch-package.ts <name>@<version> <directory> [--workflow "<check>=<command>"]…

Puts the published files of an npm package under git in a fresh directory, so that the demo can be tried on code that is not ours.
--workflow adds .github/workflows/ci.yml, which installs the package's dependencies and runs the command.`;

/** A check that the repository's workflow runs. */
export type WorkflowCheck = { name: string; command: string };

/**
 * Fetches a package with `npm pack` (from the registry that npm is configured for; a local folder works too) and makes it a repository with one commit.
 * Nothing that the package ships is changed or left out; added are a `.gitignore` where there is none, and the workflow that was asked for.
 * Returns the SHA of the commit.
 */
export async function fetchPackage(
  spec: string,
  directory: string,
  checks: WorkflowCheck[] = [],
): Promise<string> {
  if (existsSync(directory) && (await readdir(directory)).length > 0) {
    throw new Error(`${directory} is not empty. Name a directory that does not exist yet.`);
  }
  await mkdir(directory, { recursive: true });
  const download = await mkdtemp(join(tmpdir(), "fixpoint-package-"));
  try {
    await run("npm", ["pack", spec, "--pack-destination", download, "--ignore-scripts", "--silent"]);
    const [tarball] = await readdir(download);
    if (!tarball) throw new Error(`npm pack ${spec} gave no tarball`);
    // Every npm tarball holds one folder, mostly but not always called "package".
    const unpack = ["--strip-components=1", "--no-same-owner", "--no-same-permissions"];
    await run("tar", ["-xzf", join(download, tarball), "-C", directory, ...unpack]);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  await addFile(directory, ".gitignore", "node_modules/\n");
  if (checks.length > 0) await addFile(directory, ".github/workflows/ci.yml", workflowText(checks));
  return putUnderGit(directory, `Files of ${spec} as published`);
}

/** A workflow for a package that ships none: install as npm does without a lock file, then each check. */
export function workflowText(checks: WorkflowCheck[]): string {
  const install = { name: "install", run: "npm install --ignore-scripts --no-audit --no-fund" };
  const steps = [
    { uses: "actions/checkout@v4" },
    { uses: "actions/setup-node@v4", with: { "node-version": 20 } },
    install,
    ...checks.map(({ name, command }) => ({ name, run: command })),
  ];
  const jobs = { test: { "runs-on": "ubuntu-latest", steps } };
  return stringify({ name: "CI", on: ["push", "pull_request"], permissions: { contents: "read" }, jobs });
}

async function addFile(directory: string, path: string, text: string): Promise<void> {
  const file = join(directory, path);
  if (existsSync(file)) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function readArguments(argv: string[]): { spec: string; directory: string; checks: WorkflowCheck[] } {
  const options = { workflow: { type: "string", multiple: true } } as const;
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  const [spec, directory, ...rest] = positionals;
  // An exact version only: a tag moves, and a script written for one version fits no other.
  if (!spec || !/^(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(-[\w.]+)?$/.test(spec)) {
    throw new Error("Name a package with its exact version, such as qs@6.16.0.");
  }
  if (!directory || rest.length > 0) throw new Error("Name exactly one directory.");
  const checks = (values.workflow ?? []).map((text) => {
    const [, name, command] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
    if (!name || !command) throw new Error(`--workflow must look like "test=<command>", not "${text}".`);
    return { name, command };
  });
  return { spec, directory: resolve(directory), checks };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const { spec, directory, checks } = readArguments(process.argv.slice(2));
    console.log(`${directory} is ready at commit ${await fetchPackage(spec, directory, checks)}`);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
  }
}
