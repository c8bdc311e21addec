import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readOptions } from "../../demo/options.ts";
import { BadConfiguration } from "../../src/errors.ts";

const home = { XDG_CACHE_HOME: "/cache", PATH: "/programs" };

test("the demo without options shows the sample", () => {
  expect(readOptions([], home, "sample")).toEqual({
    repo: resolve("demo/samples/billfold"),
    issueFile: resolve("demo/samples/billfold.issue.md"),
    model: { kind: "script", file: resolve("demo/scripts/billfold.json") },
    checks: [],
    cacheDir: "/cache/fixpoint",
    searchPath: "/programs",
    passOn: {},
    scene: "plain",
    output: "text",
  });
});

test("a repository, an issue, a script and checks are taken as they are given", () => {
  const args = ["--repo", "https://example.org/a.git", "--issue=i.md", "--script", "s.json", "--json"];
  const checks = ["--check", "test=a=b c", "--check", "lint = npm run lint"];
  expect(
    readOptions([...args, ...checks], { ...home, FIXPOINT_BUDGET_USD: "1", HOME: "/h" }, "none"),
  ).toEqual({
    repo: "https://example.org/a.git",
    issueFile: resolve("i.md"),
    model: { kind: "script", file: resolve("s.json") },
    checks: [
      { name: "test", command: "a=b c" },
      { name: "lint", command: "npm run lint" },
    ],
    cacheDir: "/cache/fixpoint",
    searchPath: "/programs",
    passOn: { FIXPOINT_BUDGET_USD: "1" },
    scene: "plain",
    output: "json",
  });
});

test("every mistake of a command line is named at once", () => {
  const args = ["--scrpt", "x.json", "more", "--repo", "--issue", "i.md", "--check", "test", "--json=yes"];
  const checks = ["--check", "a=1", "--check", "a=2", "--check", "no name=x", "--scene", "kill"];
  expect(problemsOf(() => readOptions([...args, ...checks], {}, "none"))).toEqual([
    "There is no option --scrpt. Options: --repo, --issue, --script, --model, --check, --scene, --json.",
    '"more" stands alone. A value follows the name of its option.',
    "--repo needs a value.",
    "--json takes no value.",
    "--scene belongs to `npm run demo`.",
    '--check "test" is not NAME=COMMAND, as in --check "test=npm test".',
    '--check "no name=x": the name of a check is 1 to 40 letters, digits, :, _ or -, and begins with a letter or digit.',
    '--check names "a" more than once. Give each check a name of its own.',
    "--script or --model is missing. Give a scripted model's file (docs/scripts.md), or a model's name.",
  ]);
});

test("a real model needs a key or an endpoint without one", () => {
  const args = ["--repo", ".", "--issue", "i.md", "--model", "gpt-5"];
  expect(problemsOf(() => readOptions(args, home, "none"))).toEqual([
    "OPENAI_API_KEY is not set, and a real model needs it. Set it, or OPENAI_BASE_URL for a model without a key.",
  ]);
  expect(readOptions(args, { ...home, OPENAI_BASE_URL: "http://localhost:1/v1" }, "none").model).toEqual({
    kind: "real",
    name: "gpt-5",
    apiKey: "none",
    baseUrl: "http://localhost:1/v1",
  });
});

test("the result as JSON belongs to `fixpoint run`", () => {
  expect(problemsOf(() => readOptions(["--json"], home, "sample"))).toEqual([
    "--json belongs to `fixpoint run`.",
  ]);
});

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof BadConfiguration) return error.problems;
    throw error;
  }
  return [];
}
