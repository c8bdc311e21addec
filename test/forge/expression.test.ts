import { describe, expect, it } from "vitest";
import { parseAssignments } from "../../demo/forge/workflow/assignments.ts";
import { condition, evaluate, fill } from "../../demo/forge/workflow/expression.ts";
import { combinationName, expandMatrix } from "../../demo/forge/workflow/matrix.ts";
import { readWorkflow } from "../../demo/forge/workflow/read.ts";
import { isTriggered, matchesPatterns } from "../../demo/forge/workflow/trigger.ts";

const contexts = {
  github: {
    ref: "refs/heads/main",
    event_name: "push",
    event: { pull_request: { draft: false }, commits: [{ id: 1 }, { id: 2 }] },
  },
  matrix: { node: 20 },
  needs: { test: { result: "success" } },
  env: { EMPTY: "" },
};
const value = (source: string) => evaluate(source, contexts, "success");

describe("expressions of workflows", () => {
  it.each([
    ["github.event.pull_request.draft == false", true],
    ["github.ref == 'refs/heads/main' && matrix.node >= 20", true],
    ["github.event_name == 'PUSH'", true],
    ["!env.EMPTY", true],
    ["env.EMPTY || 'other'", "other"],
    ["github.nothing.at.all == null", true],
    ["github['event']['pull_request'].draft", false],
    ["contains(github.ref, 'MAIN') && startsWith(github.ref, 'refs/') && !endsWith(github.ref, 'x')", true],
    ["format('{0}-{1}', 'a', matrix.node)", "a-20"],
    ["join(github.event.commits.*.id, '+')", "1+2"],
    ["fromJSON('[1,2]')[1]", 2],
    ["'it''s' == 'it''s'", true],
    ["(false || true) && 'yes'", "yes"],
    ["'' == 0 && null == 0 && true == 1", true],
  ])("reads %s", (source, wanted) => {
    expect(value(source)).toEqual(wanted);
  });

  it.each(["github.ref ==", "secret.x", "hashFiles('x')", "a b", "github.ref; rm", "(true"])(
    "names what it cannot read in %s",
    (source) => {
      expect(() => value(source)).toThrow(/This runner/);
    },
  );

  it("adds success() to a condition unless the condition asks for the status itself", () => {
    const outcomes = ["success", "failure", "cancelled", "skipped"] as const;
    const results = (source: string | null) =>
      outcomes.map((outcome) => condition(source, contexts, outcome));
    expect({
      none: results(null),
      plain: results("github.event_name == 'push'"),
      always: results(`\${{ always() }}`),
      failure: results("failure()"),
      notCancelled: results("!cancelled()"),
    }).toEqual({
      none: [true, false, false, false],
      plain: [true, false, false, false],
      always: [true, true, true, true],
      failure: [false, true, false, false],
      notCancelled: [true, true, false, true],
    });
  });

  it("fills texts", () => {
    expect(fill(`node \${{ matrix.node }} on \${{ github.event_name }}`, contexts, "success")).toBe(
      "node 20 on push",
    );
  });
});

describe("matrices", () => {
  it("makes all combinations, without the excluded and with the included", () => {
    expect(
      expandMatrix({
        os: ["linux", "mac"],
        node: [20, 22],
        exclude: [{ os: "mac", node: 20 }],
        include: [
          { os: "linux", node: 22, extra: true },
          { os: "bsd", node: 22 },
        ],
      }),
    ).toEqual([
      { os: "linux", node: 20 },
      { os: "linux", node: 22, extra: true },
      { os: "mac", node: 22 },
      { os: "bsd", node: 22 },
    ]);
    expect(expandMatrix(null)).toEqual([{}]);
    expect(combinationName("test", { os: "linux", node: 20 })).toBe("test (linux, 20)");
  });
});

describe("command files", () => {
  it("reads lines and blocks", () => {
    expect(parseAssignments("a=1\nb<<END\nx\ny=2\nEND\nc=3=4\n")).toEqual({ a: "1", b: "x\ny=2", c: "3=4" });
  });
});

describe("triggers", () => {
  const on = (source: string) =>
    readWorkflow("w.yml", `on: ${source}\njobs: {j: {runs-on: x, steps: [{run: x}]}}`);
  const push = (branch: string, changed: string[] = []) =>
    ({ event: "push", branch, changed: async () => changed }) as const;
  const pull = (action: string, base = "main") =>
    ({ event: "pull_request", action, base, changed: async () => [] }) as const;

  it.each([
    ["push", push("any"), true],
    ["[push, pull_request]", pull("opened"), true],
    ["pull_request", pull("ready_for_review"), false],
    ["{pull_request: {types: [ready_for_review]}}", pull("ready_for_review"), true],
    ["{pull_request: {branches: [release]}}", pull("opened"), false],
    ["{push: {branches: [main, 'agent/**']}}", push("agent/issue-1"), true],
    ["{push: {branches: ['*']}}", push("agent/issue-1"), false],
    ["{push: {branches-ignore: ['agent/**']}}", push("agent/issue-1"), false],
    ["{push: {branches: ['**', '!agent/**']}}", push("agent/issue-1"), false],
    ["{push: {tags: ['v*']}}", push("main"), false],
    ["{push: {paths: ['src/**']}}", push("main", ["docs/a.md"]), false],
    ["{push: {paths-ignore: ['docs/**']}}", push("main", ["docs/a.md", "src/a.ts"]), true],
    ["schedule", push("main"), false],
  ])("on: %s decides for %o: %s", async (source, trigger, wanted) => {
    expect(await isTriggered(on(source), trigger)).toBe(wanted);
  });

  it("reads patterns as GitHub does", () => {
    expect(["v1.0", "v10", "x/v1"].map((name) => matchesPatterns(["v[0-9]*"], name))).toEqual([
      true,
      true,
      false,
    ]);
    expect(["a/b/c.js", "c.js", "c.jsx"].map((name) => matchesPatterns(["**/*.js"], name))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("workflow files", () => {
  it("lists everything that the runner does not know", () => {
    const file = readWorkflow(
      "w.yml",
      "on: push\njobs:\n  a:\n    container: x\n    services: {}\n    needs: [b]\n    steps:\n      - {run: x, foo: 1}\n      - {name: nothing}\n",
    );
    expect(file.jobs[0]?.problems).toEqual([
      'This runner does not know "container" in job "a".',
      'This runner does not know "services" in job "a".',
      'This runner does not know "foo" in a step of job "a".',
      'A step of job "a" has neither "run" nor "uses".',
      'Job "a" needs "b", which does not exist.',
    ]);
    expect(readWorkflow("w.yml", "on: [").problems[0]).toMatch(/^This workflow file is not valid YAML/);
    expect(readWorkflow("w.yml", "on: push").problems).toEqual(["There are no jobs in the workflow."]);
  });
});
