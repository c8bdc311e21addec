import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fetchPackage, workflowText } from "../../demo/fetch-package.ts";
import { loadScript } from "../../demo/model/script.ts";
import { foreignPackages } from "../../demo/packages.ts";
import { attemptsOf } from "../../demo/rehearse.ts";

const run = promisify(execFile);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fixpoint-fetch-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const cli = async (...args: string[]) => {
  const child = run("npx", ["tsx", "demo/fetch-package.ts", ...args]);
  const { stderr } = await child.catch((error: { stderr: string }) => error);
  return { code: child.child.exitCode, stderr };
};

describe("fetchPackage", () => {
  it("puts everything that a package ships under git", async () => {
    const tree = join(directory, "new", "tree");
    const sha = await fetchPackage("./demo/samples/billfold", tree, [
      { name: "test", command: "node --test" },
    ]);

    const git = async (...args: string[]) => (await run("git", args, { cwd: tree })).stdout.trim();
    expect(await git("rev-parse", "main")).toBe(sha);
    expect(await git("status", "--porcelain")).toBe("");
    const files = (await git("ls-files")).split("\n");
    expect(files).toEqual(
      expect.arrayContaining([".gitignore", ".github/workflows/ci.yml", "src/discount.js"]),
    );
    expect(await readFile(join(tree, "src/discount.js"), "utf8")).toBe(
      await readFile("demo/samples/billfold/src/discount.js", "utf8"),
    );
  });

  it("keeps a workflow that the package ships, and gives the same files the same commit", async () => {
    const shipped = await readFile("demo/samples/billfold/.github/workflows/ci.yml", "utf8");
    const shas = [];
    for (const name of ["one", "two"]) {
      shas.push(await fetchPackage("./demo/samples/billfold", join(directory, name), []));
      expect(await readFile(join(directory, name, ".github/workflows/ci.yml"), "utf8")).toBe(shipped);
    }
    expect(shas[0]).toBe(shas[1]);
  });

  it("leaves a directory alone that holds something", async () => {
    const busy = "demo/samples/billfold";
    const before = await readdir(busy);
    await expect(fetchPackage("./demo/samples/billfold", busy)).rejects.toThrow("is not empty");
    expect(await readdir(busy)).toEqual(before);
  });

  it("wants an exact version and says how it is used", async () => {
    const { code, stderr } = await cli("qs@latest", directory);
    expect(code).toBe(2);
    expect(stderr).toContain("exact version, such as qs@6.16.0");
    expect(stderr).toContain("Usage: ");
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("workflowText", () => {
  it("installs without scripts and runs each check on every push", () => {
    expect(parse(workflowText([{ name: "test", command: "node_modules/.bin/tape test/*.js" }]))).toEqual({
      name: "CI",
      on: ["push", "pull_request"],
      permissions: { contents: "read" },
      jobs: {
        test: {
          "runs-on": "ubuntu-latest",
          steps: [
            { uses: "actions/checkout@v4" },
            { uses: "actions/setup-node@v4", with: { "node-version": 20 } },
            { name: "install", run: "npm install --ignore-scripts --no-audit --no-fund" },
            { name: "test", run: "node_modules/.bin/tape test/*.js" },
          ],
        },
      },
    });
  });
});

describe("the scripts for other people's packages", () => {
  it.for(foreignPackages)(
    "$name reads as a script, with an issue and attempts that start at step 1",
    async ({ name, red }) => {
      const phases = attemptsOf(await loadScript(`demo/scripts/${name}.json`));
      expect(phases[0]).toMatchObject({ step: 1, attempt: 1 });
      // Every red attempt is followed by another of the same step.
      expect(phases.filter(({ last }) => !last).map(({ phase }) => phase)).toEqual(red);
      expect(await readFile(`demo/scripts/${name}.issue.md`, "utf8")).toMatch(/^# \S.*\n\n\S/);
    },
  );
});
