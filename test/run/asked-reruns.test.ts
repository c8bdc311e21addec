import { expect, it } from "vitest";
import { withAskedReruns } from "../../src/run/asked-reruns.ts";
import type { GateFacts } from "../../src/run/gate-facts.ts";
import type { Run } from "../../src/run/run.ts";

const url = "https://github.test/run";
const ended = { id: 7, name: "CI", status: "completed", conclusion: "failure", url, attempt: 1 };
const other = { ...ended, id: 8, name: "Docs" };
const facts: GateFacts = {
  sha: "a".repeat(40),
  checkRuns: [],
  statuses: [],
  workflowRuns: [ended, other],
  required: [],
};

function asked(status: "intended" | "done"): Pick<Run, "effects"> {
  const common = { op: "workflow.rerun", argsHash: "", calls: 1, intendedAt: 0 };
  const receipt = { workflowRunId: 7, attempt: 2 };
  return {
    effects: {
      "workflow:rerun:7:1":
        status === "done" ? { ...common, status, how: "made", receipt } : { ...common, status },
    },
  };
}

it("a re-run that was asked for and has not begun is under way, and nothing else is", () => {
  expect(withAskedReruns(facts, asked("done"))).toEqual({
    ...facts,
    workflowRuns: [{ ...ended, status: "queued", conclusion: null }, other],
  });
});

it("a re-run that has begun speaks for itself", () => {
  const begun = { ...facts, workflowRuns: [{ ...ended, attempt: 2 }] };
  expect(withAskedReruns(begun, asked("done"))).toEqual(begun);
});

it("what was never asked for is waited for by nobody", () => {
  expect(withAskedReruns(facts, { effects: {} })).toEqual(facts);
  expect(withAskedReruns(facts, asked("intended"))).toEqual(facts);
});
