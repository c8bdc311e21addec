import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { core } from "./large/core.ts";
import type { Files } from "./large/files.ts";
import { goods } from "./large/goods.ts";
import { issue, script } from "./large/story.ts";
import { putUnderGit } from "./put-under-git.ts";

const usage = `Usage: tsx demo/generate-large.ts <directory> [--modules 5000] [--seed 1]

Writes <directory>/repository (under git, with a bug), <directory>/issue.md and <directory>/script.json:
what the demo needs to be tried on a large repository. The same seed gives the same commit.`;

/** All files of the generated repository: `modules` articles, and the little that they share. */
export function largeRepository(modules: number, seed: number): Files {
  const articles = goods(modules, seed);
  const aisles = new Set([...articles.keys()].map((path) => path.split("/")[2] ?? ""));
  return new Map([...core([...aisles]), ...articles]);
}

/** Writes repository, issue and script into a directory that is empty or does not exist yet. Returns the commit's SHA. */
export async function generateLarge(directory: string, modules: number, seed: number): Promise<string> {
  if (existsSync(directory) && (await readdir(directory)).length > 0) {
    throw new Error(`${directory} is not empty. Name a directory that does not exist yet.`);
  }
  const repository = join(directory, "repository");
  const files = largeRepository(modules, seed);
  for (const folder of new Set([...files.keys()].map((path) => dirname(join(repository, path))))) {
    await mkdir(folder, { recursive: true });
  }
  await Promise.all([...files].map(([path, text]) => writeFile(join(repository, path), text)));
  await writeFile(join(directory, "issue.md"), issue);
  await writeFile(join(directory, "script.json"), `${JSON.stringify(script, null, 2)}\n`);
  return putUnderGit(repository, "The price list of the shop");
}

function readArguments(argv: string[]): { directory: string; modules: number; seed: number } {
  const options = {
    modules: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
  } as const;
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  const [directory, ...rest] = positionals;
  if (!directory || rest.length > 0) throw new Error("Name exactly one directory.");
  const [modules, seed] = [Number(values.modules), Number(values.seed)];
  if (!Number.isInteger(modules) || modules < 1 || modules > 100_000) {
    throw new Error(`--modules must be a whole number from 1 to 100000, not "${values.modules}".`);
  }
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be a whole number, not "${values.seed}".`);
  return { directory: resolve(directory), modules, seed };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const { directory, modules, seed } = readArguments(process.argv.slice(2));
    const sha = await generateLarge(directory, modules, seed);
    console.log(
      `${directory}/repository is ready at commit ${sha}; issue.md and script.json stand beside it.`,
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
  }
}
