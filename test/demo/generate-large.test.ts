import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generateLarge, largeRepository } from "../../demo/generate-large.ts";
import { loadScript } from "../../demo/model/script.ts";
import { attemptsOf, rehearse } from "../../demo/rehearse.ts";
import { failingTests } from "./node-tests.ts";

const run = promisify(execFile);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fixpoint-large-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("largeRepository", () => {
  it("holds more than 5,000 files when asked for 5,000 articles", () => {
    expect(largeRepository(5000, 1).size).toBe(5000 + 50 + 11);
  });

  it("gives the same files for the same seed, and others for another", () => {
    expect(largeRepository(150, 7)).toEqual(largeRepository(150, 7));
    expect(largeRepository(150, 7)).not.toEqual(largeRepository(150, 8));
  });
});

describe("generateLarge", () => {
  it("writes a repository that is green before its script, at each step of it, and red on the old source", async () => {
    await generateLarge(directory, 120, 1);
    const repository = join(directory, "repository");
    await run("npm", ["ci", "--offline"], { cwd: repository });
    expect(await failingTests(repository)).toEqual([]);

    const old = new Map<string, string>();
    for (const path of ["src/core/tiers.js", "src/core/freight.js"]) {
      old.set(path, await readFile(join(repository, path), "utf8"));
    }
    const script = await loadScript(join(directory, "script.json"));
    for (const { phase } of attemptsOf(script)) {
      await rehearse(script, phase, repository);
      expect(await failingTests(repository)).toEqual([]);
    }
    for (const [path, text] of old) await writeFile(join(repository, path), text);
    expect(new Set(await failingTests(repository))).toEqual(
      new Set(["a price holds from its own quantity on", "a band includes its upper weight"]),
    );
  });

  it("gives the same commit for the same seed, and leaves a full directory alone", async () => {
    const [one, two] = [join(directory, "one"), join(directory, "two")];
    const sha = await generateLarge(one, 5, 1);
    expect(await generateLarge(two, 5, 1)).toBe(sha);
    await expect(generateLarge(one, 5, 1)).rejects.toThrow("is not empty");
    expect((await readdir(one)).toSorted()).toEqual(["issue.md", "repository", "script.json"]);
  });
});
