import { spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchPackage } from "./fetch-package.ts";
import { loadScript } from "./model/script.ts";
import { type ForeignPackage, foreignPackages } from "./packages.ts";
import { attemptsOf, rehearse } from "./rehearse.ts";

// Proves the scripts for other people's packages, without the product. Needs the npm registry and some minutes, so it is no part of `npm test`.

type Result = { what: string; green: boolean; expected: boolean };

async function tryPackage(foreign: ForeignPackage): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "fixpoint-try-"));
  const tree = join(folder, "tree");
  const results: Result[] = [];
  const prove = async (what: string, expected: boolean) => {
    const green = await succeeds(foreign.check.command, tree);
    console.log(`  ${green ? "green" : "red  "}  ${what}${green === expected ? "" : "   <- not as told"}`);
    results.push({ what, green, expected });
  };
  try {
    await fetchPackage(foreign.spec, tree, [foreign.check]);
    if (!(await succeeds("npm install --ignore-scripts --no-audit --no-fund", tree))) {
      throw new Error(`The dependencies of ${foreign.spec} could not be installed`);
    }
    await save(tree, foreign, join(folder, "before"));
    await prove("before the fix", true);

    const script = await loadScript(join("demo/scripts", `${foreign.name}.json`));
    for (const { phase, last } of attemptsOf(script)) {
      const checkpoint = join(folder, "checkpoint");
      await copyTree(tree, checkpoint);
      await rehearse(script, phase, tree);
      await prove(phase, !foreign.red.includes(phase));
      if (!last) await copyTree(checkpoint, tree);
    }
    await save(join(folder, "before"), foreign, tree);
    await prove("the script's tests on the old source", false);
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies the files that hold the bug. */
async function save(from: string, foreign: ForeignPackage, to: string): Promise<void> {
  for (const source of foreign.sources) await cp(join(from, source), join(to, source));
}

/** Everything but the dependencies, which no attempt changes. */
async function copyTree(from: string, to: string): Promise<void> {
  const own = (path: string) => !/\/(node_modules|\.git)(\/|$)/.test(path.slice(from.length));
  await cp(from, to, { recursive: true, filter: own });
}

async function succeeds(command: string, cwd: string): Promise<boolean> {
  const child = spawn(command, { cwd, shell: true, stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code === 0));
  });
}

let wrong = 0;
for (const foreign of foreignPackages) {
  console.log(`${foreign.spec} (${foreign.name})`);
  const results = await tryPackage(foreign);
  wrong += results.filter(({ green, expected }) => green !== expected).length;
}
console.log(wrong === 0 ? "All as told." : `${wrong} not as told.`);
process.exitCode = wrong === 0 ? 0 : 1;
