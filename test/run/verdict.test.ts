import { describe, expect, it } from "vitest";
import { type GateFacts, readGate } from "../../src/run/verdict.ts";

const sha = "2".repeat(40);
const rules = { ownAppId: 99, waitedMs: 60_000, neverReportedAfterMs: 1_800_000, settleMs: 0 };

function facts(partial: Partial<GateFacts>): GateFacts {
  return { sha, checkRuns: [], statuses: [], workflowRuns: [], required: [], ...partial };
}

function checkRun(
  name: string,
  conclusion: string | null,
  id = 1,
  appId = 15368,
): GateFacts["checkRuns"][number] {
  const status = conclusion === null ? "in_progress" : "completed";
  return { id, appId, name, status, conclusion, url: null, suiteId: 1 };
}

describe("the verdict over a head SHA", () => {
  it.each<[string, Partial<GateFacts>, string, string]>([
    [
      "one green check",
      { checkRuns: [checkRun("test", "success")] },
      "passed",
      "test passed on this commit.",
    ],
    [
      "a green status alone",
      { statuses: [{ context: "ci/jenkins", state: "success", url: null }] },
      "passed",
      "ci/jenkins passed on this commit.",
    ],
    [
      "green beside skipped",
      { checkRuns: [checkRun("test", "success"), checkRun("deploy", "skipped", 2)] },
      "passed",
      "test passed on this commit.",
    ],
    [
      "one red check",
      { checkRuns: [checkRun("lint", "success"), checkRun("test", "failure", 2)] },
      "ours",
      "test failed on this commit.",
    ],
    [
      "a red status",
      { statuses: [{ context: "ci/jenkins", state: "error", url: null }] },
      "ours",
      "ci/jenkins failed on this commit.",
    ],
    [
      "a job out of time",
      { checkRuns: [checkRun("test", "timed_out")] },
      "ours",
      "test failed on this commit.",
    ],
    [
      "a check that still runs",
      { checkRuns: [checkRun("test", null), checkRun("lint", "failure", 2)] },
      "pending",
      "Waiting for test.",
    ],
    [
      "a pending status",
      { statuses: [{ context: "ci/jenkins", state: "pending", url: null }] },
      "pending",
      "Waiting for ci/jenkins.",
    ],
    [
      "a workflow that has no check run yet",
      {
        checkRuns: [checkRun("lint", "success")],
        workflowRuns: [{ id: 1, name: "test", status: "queued", conclusion: null, url: "" }],
      },
      "pending",
      "Waiting for test.",
    ],
    [
      "all skipped",
      { checkRuns: [checkRun("test", "skipped"), checkRun("lint", "skipped", 2)] },
      "needs_person",
      "Every check was skipped, which proves nothing.",
    ],
    [
      "all neutral",
      { checkRuns: [checkRun("coverage", "neutral")] },
      "needs_person",
      "Every check was skipped, which proves nothing.",
    ],
    [
      "cancelled",
      { checkRuns: [checkRun("test", "cancelled")] },
      "needs_person",
      "CI ended without an answer: test is cancelled.",
    ],
    [
      "stale",
      { checkRuns: [checkRun("test", "stale")] },
      "needs_person",
      "CI ended without an answer: test is stale.",
    ],
    [
      "action required",
      { checkRuns: [checkRun("test", "action_required")] },
      "needs_person",
      "CI ended without an answer: test is action required.",
    ],
    [
      "a workflow that waits for approval",
      { workflowRuns: [{ id: 1, name: "ci", status: "completed", conclusion: "action_required", url: "" }] },
      "needs_person",
      "A person has to approve the workflow run ci in Actions.",
    ],
    [
      "a workflow file that GitHub cannot read",
      { workflowRuns: [{ id: 1, name: "ci", status: "completed", conclusion: "startup_failure", url: "" }] },
      "ours",
      "ci failed on this commit.",
    ],
    ["nothing yet", {}, "pending", "Waiting for CI to report."],
    [
      "a required check that is not there yet",
      { checkRuns: [checkRun("lint", "success")], required: ["test"] },
      "pending",
      "Waiting for test.",
    ],
    [
      "our own check run alone",
      { checkRuns: [checkRun("Fixpoint", "success", 1, 99)] },
      "pending",
      "Waiting for CI to report.",
    ],
    [
      "a re-run that turned green: the newest counts",
      { checkRuns: [checkRun("test", "failure", 4), checkRun("test", "success", 9)] },
      "passed",
      "test passed on this commit.",
    ],
    [
      "a re-run that turned red: the newest counts",
      { checkRuns: [checkRun("test", "success", 4), checkRun("test", "failure", 9)] },
      "ours",
      "test failed on this commit.",
    ],
    [
      "two apps with a check of one name: both count",
      { checkRuns: [checkRun("test", "success", 9, 1), checkRun("test", "failure", 4, 2)] },
      "ours",
      "test failed on this commit.",
    ],
  ])("of %s", (_, partial, verdict, because) => {
    const reading = readGate(facts(partial), rules);
    expect({ verdict: reading.verdict, because: reading.because }).toEqual({ verdict, because });
  });

  it("is that CI never reported, once the patience is used up", () => {
    const late = { ...rules, waitedMs: 1_800_000 };
    expect(readGate(facts({}), late)).toMatchObject({
      verdict: "never_reported",
      because: "No check ever reported on this commit.",
    });
    expect(
      readGate(facts({ required: ["test"], checkRuns: [checkRun("lint", "success")] }), late),
    ).toMatchObject({
      verdict: "never_reported",
      because: "The required check test never reported.",
    });
  });

  it("holds green back while late checks may still start", () => {
    const green = facts({ checkRuns: [checkRun("test", "success")] });
    expect(readGate(green, { ...rules, waitedMs: 1_000, settleMs: 5_000 }).verdict).toBe("pending");
    expect(readGate(green, { ...rules, waitedMs: 5_000, settleMs: 5_000 }).verdict).toBe("passed");
  });

  it("lists every check with its conclusion, by name", () => {
    const reading = readGate(
      facts({
        checkRuns: [checkRun("test", "success"), checkRun("Fixpoint", null, 2, 99)],
        statuses: [{ context: "ci/a", state: "success", url: "https://ci.example/1" }],
      }),
      rules,
    );
    expect(reading.checks).toEqual([
      { name: "ci/a", conclusion: "success", url: "https://ci.example/1" },
      { name: "test", conclusion: "success", url: null },
    ]);
  });
});
