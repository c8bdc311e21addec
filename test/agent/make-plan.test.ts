import { describe, expect, it } from "vitest";
import { proposePlan, readPlan } from "../../src/agent/make-plan.ts";
import type { ModelReply } from "../../src/agent/model.ts";
import { memoryWorkspace } from "./support/memory-workspace.ts";
import { calls, port, says } from "./support/thinking.ts";

const step = (extra: object = {}) => ({
  title: "Start from zero",
  goal: "sum([]) is 0",
  files: ["src/sum.js"],
  check: "test",
  ...extra,
});

async function propose(answers: ModelReply[]) {
  const workspace = memoryWorkspace({ "src/sum.js": "export const sum = 1;\n" });
  const signal = new AbortController().signal;
  const seen: string[] = [];
  let asked = 0;
  const proposed = await proposePlan({
    repository: {
      owner: "ada",
      name: "sums",
      instructions: null,
      checks: [{ name: "test", command: "npm test", purpose: "proves" }],
    },
    issue: { number: 7, title: "Sum of nothing", author: "bob", body: "NaN" },
    map: "src/sum.js",
    problems: [],
    phase: "plan, attempt 1",
    model: "m",
    maxTurns: 4,
    maxSteps: 7,
    maxOutputTokens: 1_000,
    toolContext: {
      workspace,
      runCheck: () => Promise.reject(new Error("planning runs no check")),
      decide: () => ({ verdict: "allow", rule: "default", reason: "" }),
      refuse: () => {},
      mayRead: () => true,
      seen: new Map(),
      editFailures: new Map(),
      signal,
    },
    port: port([]),
    complete: {
      complete: async (request) => {
        seen.push(request.tools.map((tool) => tool.name).join(" "));
        return answers[asked++] ?? says("");
      },
    },
    signal,
  });
  return { proposed, seen };
}

describe("planning", () => {
  it("looks with read-only tools and gives the plan that was submitted", async () => {
    const plan = { goal: "sum([]) is 0", steps: [step()] };
    const { proposed, seen } = await propose([
      calls(["read_file", { path: "src/sum.js", from: null, to: null }]),
      calls(["submit_plan", plan]),
    ]);
    expect(proposed).toEqual({ plan });
    expect(seen).toEqual(Array(2).fill("list_files read_file search_code submit_plan"));
  });

  it("cannot write: the tools of a step are not there", async () => {
    const { proposed } = await propose([
      calls(["delete_file", { path: "src/sum.js", check: null }]),
      calls(["submit_plan", { goal: "sum([]) is 0", steps: [step()] }]),
    ]);
    expect(proposed).toHaveProperty("plan");
  });

  it.each<[string, ModelReply[], RegExp]>([
    [
      "it only talks",
      [says("Easy."), says("Easy!")],
      /^Planning got stuck: It answered twice without calling a tool/,
    ],
    [
      "it never submits",
      ["a", "b", "c", "d"].map((path) => calls(["list_files", { path }])),
      /^No plan was submitted within 4 turns/,
    ],
  ])("says what went wrong when %s", async (_, answers, words) => {
    const { proposed } = await propose(answers);
    expect("problems" in proposed && proposed.problems[0]).toMatch(words);
  });
});

describe("reading a plan", () => {
  it("is lenient about form", () => {
    const value = {
      goal: "  sum([])\n is 0 ",
      steps: [
        step({
          title: ` ${"long ".repeat(20)}.`,
          files: ["./src/sum.js", "/src/sum.js", " test/sum.js ", ""],
          check: " test ",
        }),
      ],
      extra: 1,
    };
    expect(readPlan(value, 7)).toEqual({
      plan: {
        goal: "sum([]) is 0",
        steps: [step({ title: `${"long ".repeat(14)}l…`, files: ["src/sum.js", "test/sum.js"] })],
      },
    });
  });

  it.each([
    ["is no object", "a plan", /In the plan, all of it: /],
    ["has no steps", { goal: "sum([]) is 0", steps: [] }, /In the plan, steps: /],
    [
      "has two steps more than allowed",
      { goal: "a goal", steps: Array(5).fill(step()) },
      /5 steps; at most 3/,
    ],
    ["has a hundred steps", { goal: "a goal", steps: Array(100).fill(step()) }, /100 steps; at most 3/],
    ["has a step without a goal", { goal: "a goal", steps: [step({ goal: " " })] }, /steps\.0\.goal/],
    ["has a step without files", { goal: "a goal", steps: [step({ files: undefined })] }, /steps\.0\.files/],
  ])("finds the fault of one that %s", (_, value, words) => {
    const read = readPlan(value, 3);
    expect("problems" in read && read.problems.join("\n")).toMatch(words);
  });
});
