import { describe, expect, it } from "vitest";
import { classifyRed, type RedEvidence } from "../../src/run/classify-red.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { type GateFacts, isRed, reportedOn } from "../../src/run/gate-facts.ts";
import type { Verdict } from "../../src/run/gate-reading.ts";
import { type GateRules, readGate } from "../../src/run/verdict.ts";
import * as log from "../support/log.ts";

const OURS = 99;
const ACTIONS = 15_368;
const rules: GateRules = { ownAppId: OURS, waitedMs: 60_000, neverReportedAfterMs: 1_800_000, settleMs: 0 };
const late = { ...rules, waitedMs: 1_800_000 };

type Facts = Partial<GateFacts>;

function facts(partial: Facts, sha = log.publishedSha): GateFacts {
  return { sha, checkRuns: [], statuses: [], workflowRuns: [], required: [], ...partial };
}

let nextId = 1;
/** a check run; `null` is one that still runs */
function check(name: string, conclusion: string | null, more: Partial<GateFacts["checkRuns"][number]> = {}) {
  const status = conclusion === null ? "in_progress" : "completed";
  return { id: nextId++, appId: ACTIONS, name, status, conclusion, url: null, suiteId: 1, ...more };
}

function status(context: string, state: string) {
  return { context, state, url: null };
}

function workflow(
  name: string,
  conclusion: string | null,
  more: Partial<GateFacts["workflowRuns"][number]> = {},
) {
  const done = conclusion === null ? "in_progress" : "completed";
  return { id: nextId++, name, status: done, conclusion, url: "", attempt: 1, ...more };
}

interface Red {
  base?: Facts;
  log?: string;
  reruns?: number;
  since?: string;
}

function evidence({ base = {}, log: text = "", reruns = 0, since }: Red): RedEvidence {
  return { ownAppId: OURS, base: facts(base, log.baseSha), brokenSince: since ?? null, log: text, reruns };
}

interface History {
  what: string;
  facts: Facts;
  rules?: GateRules;
  red?: Red;
  verdict: Verdict;
  /** what the run does next, on a draft pull request */
  next: "wait" | "make_ready" | "plan_repair" | "rerun" | "ask";
  /** the issue, document or schema that the row comes from */
  cite: string;
}

const docsChecks = "GitHub docs, About status checks: success, neutral and skipped count as passing";
const docsConclusions = "GitHub REST schema check-run.conclusion";
const docsStatuses = "GitHub REST schema combined-commit-status.state";
const failed = { checkRuns: [check("test", "failure")] };

const histories: History[] = [
  // green
  {
    what: "one green check",
    facts: { checkRuns: [check("test", "success")] },
    verdict: "passed",
    next: "make_ready",
    cite: docsChecks,
  },
  {
    what: "a green status alone",
    facts: { statuses: [status("ci/jenkins", "success")] },
    verdict: "passed",
    next: "make_ready",
    cite: docsStatuses,
  },
  {
    what: "green beside skipped",
    facts: { checkRuns: [check("test", "success"), check("deploy", "skipped")] },
    verdict: "passed",
    next: "make_ready",
    cite: docsChecks,
  },
  {
    what: "green beside neutral",
    facts: { checkRuns: [check("test", "success"), check("CodeQL", "neutral")] },
    verdict: "passed",
    next: "make_ready",
    cite: docsChecks,
  },
  {
    what: "green check and green status",
    facts: { checkRuns: [check("test", "success")], statuses: [status("netlify", "success")] },
    verdict: "passed",
    next: "make_ready",
    cite: "nearform/lastlight: statuses and check runs are separate, and both count",
  },
  {
    what: "all required green",
    facts: { checkRuns: [check("test", "success")], required: ["test"] },
    verdict: "passed",
    next: "make_ready",
    cite: "GitHub docs, About protected branches: required status checks",
  },
  {
    what: "a required status green",
    facts: { statuses: [status("ci", "success")], required: ["ci"] },
    verdict: "passed",
    next: "make_ready",
    cite: "GitHub docs, About protected branches",
  },
  {
    what: "push and pull_request twins, both green",
    facts: {
      checkRuns: [check("test", "success", { suiteId: 1 }), check("test", "success", { suiteId: 2 })],
    },
    verdict: "passed",
    next: "make_ready",
    cite: "nearform/skillspro#1646: the outcome depended on which suite finished last",
  },
  {
    what: "a re-run that turned green",
    facts: { checkRuns: [check("test", "failure"), check("test", "success")] },
    verdict: "passed",
    next: "make_ready",
    cite: "nearform/lastlight: collapse re-runs, newest run per app and name",
  },
  {
    what: "our own check run red and CI green",
    facts: { checkRuns: [check("Fixpoint", "failure", { appId: OURS }), check("test", "success")] },
    verdict: "passed",
    next: "make_ready",
    cite: "chdsbd/kodiak queues.py: a bot's own check run would be an endless loop",
  },
  {
    what: "two apps with checks of one name, both green",
    facts: { checkRuns: [check("test", "success", { appId: 1 }), check("test", "success", { appId: 2 })] },
    verdict: "passed",
    next: "make_ready",
    cite: docsConclusions,
  },
  {
    what: "an expected status that arrived",
    facts: { statuses: [status("codecov/patch", "success")], checkRuns: [check("test", "success")] },
    verdict: "passed",
    next: "make_ready",
    cite: docsStatuses,
  },
  {
    what: "a workflow run that was skipped beside a green one",
    facts: {
      checkRuns: [check("test", "success")],
      workflowRuns: [workflow("ci", "success"), workflow("docs", "skipped")],
    },
    verdict: "passed",
    next: "make_ready",
    cite: "GitHub REST schema workflow-run.conclusion",
  },

  // still running
  {
    what: "a check that runs",
    facts: { checkRuns: [check("test", null)] },
    verdict: "pending",
    next: "wait",
    cite: docsConclusions,
  },
  {
    what: "a check that is queued",
    facts: { checkRuns: [check("test", null, { status: "queued" })] },
    verdict: "pending",
    next: "wait",
    cite: "GitHub REST schema check-run.status",
  },
  {
    what: "a check that waits for a runner",
    facts: { checkRuns: [check("test", null, { status: "waiting" })] },
    verdict: "pending",
    next: "wait",
    cite: "GitHub REST schema check-run.status",
  },
  {
    what: "red while another still runs",
    facts: { checkRuns: [check("lint", "failure"), check("test", null)] },
    verdict: "pending",
    next: "wait",
    cite: "handarbeit/fabrik#958: five repairs burned while CI was pending",
  },
  {
    what: "green while another still runs",
    facts: { checkRuns: [check("lint", "success"), check("test", null)] },
    verdict: "pending",
    next: "wait",
    cite: "githubnext/autoloop#37: accepted before CI",
  },
  {
    what: "a re-run under way after red",
    facts: { checkRuns: [check("test", "failure"), check("test", null)] },
    verdict: "pending",
    next: "wait",
    cite: "handarbeit/fabrik#958",
  },
  {
    what: "a re-run under way after green",
    facts: { checkRuns: [check("test", "success"), check("test", null)] },
    verdict: "pending",
    next: "wait",
    cite: "rust-lang/bors docs/design.md: the API may still say pending",
  },
  {
    what: "one twin green, the other still running",
    facts: { checkRuns: [check("test", null, { suiteId: 1 }), check("test", "success", { suiteId: 2 })] },
    verdict: "pending",
    next: "wait",
    cite: "nearform/skillspro#1646",
  },
  {
    what: "a pending status",
    facts: { statuses: [status("ci", "pending")] },
    verdict: "pending",
    next: "wait",
    cite: docsStatuses,
  },
  {
    what: "a workflow run that has no check run yet",
    facts: { checkRuns: [check("lint", "success")], workflowRuns: [workflow("e2e", null)] },
    verdict: "pending",
    next: "wait",
    cite: "rust-lang/bors docs/design.md: check_suite.completed comes before the last workflow",
  },
  {
    what: "a requested workflow run",
    facts: { workflowRuns: [workflow("ci", null, { status: "requested" })] },
    verdict: "pending",
    next: "wait",
    cite: "GitHub REST schema workflow-run.status",
  },
  {
    what: "nothing, right after the push",
    facts: {},
    verdict: "pending",
    next: "wait",
    cite: "octokit.js#900: fresh objects are missing for seconds",
  },
  {
    what: "a required check that is not there yet",
    facts: { checkRuns: [check("lint", "success")], required: ["test"] },
    verdict: "pending",
    next: "wait",
    cite: "palantir/policy-bot#78",
  },
  {
    what: "only our own check run",
    facts: { checkRuns: [check("Fixpoint", null, { appId: OURS })] },
    verdict: "pending",
    next: "wait",
    cite: "chdsbd/kodiak queues.py",
  },
  {
    what: "green within the time for late checks",
    facts: { checkRuns: [check("test", "success")] },
    rules: { ...rules, waitedMs: 500, settleMs: 2_000 },
    verdict: "pending",
    next: "wait",
    cite: "GitHub docs, events that trigger workflows: pull_request ready_for_review",
  },
  {
    what: "a completed check run without a conclusion",
    facts: { checkRuns: [check("test", null, { status: "completed" })] },
    verdict: "pending",
    next: "wait",
    cite: "GitHub REST schema check-run.conclusion is nullable",
  },

  // never reported
  {
    what: "nothing at all after the patience",
    facts: {},
    rules: late,
    verdict: "never_reported",
    next: "ask",
    cite: "link-assistant/hive-mind#1690: 198 polls for check runs that never appear",
  },
  {
    what: "a required check that never came",
    facts: { checkRuns: [check("lint", "success")], required: ["test"] },
    rules: late,
    verdict: "never_reported",
    next: "ask",
    cite: "anthropics/claude-code-action#828: CI does not run on the bot's pull request",
  },
  {
    what: "two required checks, one of them missing",
    facts: { checkRuns: [check("test", "success")], required: ["lint", "test"] },
    rules: late,
    verdict: "never_reported",
    next: "ask",
    cite: "microsoft/dbt-fabricspark#107",
  },
  {
    what: "only our own check run after the patience",
    facts: { checkRuns: [check("Fixpoint", null, { appId: OURS })] },
    rules: late,
    verdict: "never_reported",
    next: "ask",
    cite: "chdsbd/kodiak queues.py",
  },

  // a person is needed
  {
    what: "all checks skipped",
    facts: { checkRuns: [check("test", "skipped"), check("lint", "skipped")] },
    verdict: "needs_person",
    next: "ask",
    cite: "open-ace PR#924: claimed that tests passed while they were skipped",
  },
  {
    what: "all neutral",
    facts: { checkRuns: [check("CodeQL", "neutral")] },
    verdict: "needs_person",
    next: "ask",
    cite: docsConclusions,
  },
  {
    what: "the required check skipped, another green",
    facts: { checkRuns: [check("test", "skipped"), check("label", "success")], required: ["test"] },
    verdict: "needs_person",
    next: "ask",
    cite: "GitHub docs, Troubleshooting required status checks: a skipped job reports success",
  },
  {
    what: "cancelled",
    facts: { checkRuns: [check("test", "cancelled")] },
    verdict: "needs_person",
    next: "ask",
    cite: docsConclusions,
  },
  {
    what: "cancelled beside green",
    facts: { checkRuns: [check("test", "success"), check("e2e", "cancelled")] },
    verdict: "needs_person",
    next: "ask",
    cite: docsConclusions,
  },
  {
    what: "stale",
    facts: { checkRuns: [check("test", "stale")] },
    verdict: "needs_person",
    next: "ask",
    cite: "GitHub REST schema: stale after 14 days",
  },
  {
    what: "a check that asks for an action",
    facts: { checkRuns: [check("review", "action_required")] },
    verdict: "needs_person",
    next: "ask",
    cite: docsConclusions,
  },
  {
    what: "a workflow that waits for approval",
    facts: { workflowRuns: [workflow("ci", "action_required")] },
    verdict: "needs_person",
    next: "ask",
    cite: "GitHub docs, Approving workflow runs",
  },
  {
    what: "a workflow that waits for approval beside a red check",
    facts: { checkRuns: [check("lint", "failure")], workflowRuns: [workflow("ci", "action_required")] },
    verdict: "needs_person",
    next: "ask",
    cite: "GitHub docs, Approving workflow runs",
  },
  {
    what: "a conclusion that nobody knows",
    facts: { checkRuns: [check("test", "paused")] },
    verdict: "needs_person",
    next: "ask",
    cite: "GitHub adds conclusions (startup_failure came in 2021)",
  },

  // ours
  { what: "one red check", facts: failed, verdict: "ours", next: "plan_repair", cite: docsConclusions },
  {
    what: "red beside green",
    facts: { checkRuns: [check("lint", "success"), check("test", "failure")] },
    verdict: "ours",
    next: "plan_repair",
    cite: "petry-projects/.github#888: broke a required check, reported no-changes",
  },
  {
    what: "a red status",
    facts: { statuses: [status("ci/jenkins", "failure")] },
    verdict: "ours",
    next: "plan_repair",
    cite: docsStatuses,
  },
  {
    what: "a status in error",
    facts: { statuses: [status("ci/jenkins", "error")] },
    verdict: "ours",
    next: "plan_repair",
    cite: docsStatuses,
  },
  {
    what: "a job that ran out of time",
    facts: { checkRuns: [check("test", "timed_out")] },
    verdict: "ours",
    next: "plan_repair",
    cite: docsConclusions,
  },
  {
    what: "a re-run that turned red with no sign of luck",
    facts: { checkRuns: [check("test", "failure"), check("test", "failure")] },
    red: { reruns: 1 },
    verdict: "ours",
    next: "plan_repair",
    cite: "nearform/lastlight: class reproducible",
  },
  {
    what: "red, and green on the base",
    facts: failed,
    red: { base: { checkRuns: [check("test", "success")] } },
    verdict: "ours",
    next: "plan_repair",
    cite: "nearform/lastlight: base-red precondition",
  },
  {
    what: "one red on the base too, another only here",
    facts: { checkRuns: [check("lint", "failure"), check("test", "failure")] },
    red: { base: { checkRuns: [check("lint", "failure"), check("test", "success")] } },
    verdict: "ours",
    next: "plan_repair",
    cite: "Sweep: edits only if the base is green",
  },
  {
    what: "red with a plain assertion in the log",
    facts: failed,
    red: { log: "AssertionError: expected 1 to equal 2" },
    verdict: "ours",
    next: "plan_repair",
    cite: "arXiv 2602.00164: test failures are the first cause of rejection",
  },
  {
    what: "one of two apps red",
    facts: { checkRuns: [check("test", "success", { appId: 1 }), check("test", "failure", { appId: 2 })] },
    verdict: "ours",
    next: "plan_repair",
    cite: docsConclusions,
  },
  {
    what: "a time-out in the log again after the re-run",
    facts: failed,
    red: { log: "Error: timeout of 2000ms exceeded", reruns: 1 },
    verdict: "ours",
    next: "plan_repair",
    cite: "nearform/lastlight: two flaky deferrals at most",
  },

  // the base is broken
  {
    what: "red here and on the base",
    facts: failed,
    red: { base: { checkRuns: [check("test", "failure")] } },
    verdict: "base_broken",
    next: "ask",
    cite: "nearform/lastlight: base-red precondition",
  },
  {
    what: "two red here, both on the base too",
    facts: { checkRuns: [check("lint", "failure"), check("test", "failure")] },
    red: { base: { checkRuns: [check("lint", "failure"), check("test", "failure")] } },
    verdict: "base_broken",
    next: "ask",
    cite: "nearform/lastlight: class upstream-broken",
  },
  {
    what: "a status red on both",
    facts: { statuses: [status("ci", "failure")] },
    red: { base: { statuses: [status("ci", "failure")] } },
    verdict: "base_broken",
    next: "ask",
    cite: docsStatuses,
  },
  {
    what: "red on the base, and since when",
    facts: failed,
    red: { base: { checkRuns: [check("test", "failure")] }, since: "abcdef0123456789" },
    verdict: "base_broken",
    next: "ask",
    cite: "github/gh-aw#18991: base moved after the tokens were spent",
  },

  // flaky
  {
    what: "green and then red on the same commit",
    facts: { checkRuns: [check("test", "success"), check("test", "failure")] },
    red: {},
    verdict: "flaky",
    next: "rerun",
    cite: "nearform/lastlight: class flaky",
  },
  {
    what: "a test that timed out (jest)",
    facts: failed,
    red: { log: "thrown: Exceeded timeout of 5000 ms for a test." },
    verdict: "flaky",
    next: "rerun",
    cite: "open-swe /baby-sit: re-runs flakes",
  },
  {
    what: "a test that timed out (mocha)",
    facts: failed,
    red: { log: "Error: timeout of 2000ms exceeded" },
    verdict: "flaky",
    next: "rerun",
    cite: "open-swe /baby-sit: re-runs flakes",
  },
  {
    what: "a port in use",
    facts: failed,
    red: { log: "Error: listen EADDRINUSE: address already in use :::3000" },
    verdict: "flaky",
    next: "rerun",
    cite: "nearform/lastlight: class flaky",
  },

  // infrastructure
  {
    what: "the runner was shut down",
    facts: failed,
    red: { log: "##[error]The runner has received a shutdown signal." },
    verdict: "infrastructure",
    next: "rerun",
    cite: "actions/runner: shutdown signal",
  },
  {
    what: "the runner was lost",
    facts: failed,
    red: { log: "The hosted runner: GitHub Actions 7 lost communication with the server." },
    verdict: "infrastructure",
    next: "rerun",
    cite: "GitHub incident 2026-10-19",
  },
  {
    what: "the disk was full",
    facts: failed,
    red: { log: "fatal: write error: No space left on device" },
    verdict: "infrastructure",
    next: "rerun",
    cite: "nearform/lastlight: class infra-dependent",
  },
  {
    what: "the registry was away",
    facts: failed,
    red: { log: "npm error code ETIMEDOUT\nnpm error network request to the registry ETIMEDOUT failed" },
    verdict: "infrastructure",
    next: "rerun",
    cite: "nearform/lastlight: class infra-dependent",
  },
  {
    what: "an action could not be fetched",
    facts: failed,
    red: { log: "Unable to resolve action actions/checkout, repository not found" },
    verdict: "infrastructure",
    next: "rerun",
    cite: "nearform/lastlight: class infra-dependent",
  },

  // not fixable here
  {
    what: "a rule for the title",
    facts: { checkRuns: [check("test", "success"), check("Semantic Pull Request", "failure")] },
    verdict: "not_fixable_here",
    next: "ask",
    cite: "kunchenguid/no-mistakes#840",
  },
  {
    what: "a licence agreement",
    facts: { statuses: [status("license/cla", "failure")], checkRuns: [check("test", "success")] },
    verdict: "not_fixable_here",
    next: "ask",
    cite: "kunchenguid/no-mistakes#840",
  },
  {
    what: "a sign-off",
    facts: { checkRuns: [check("test", "success"), check("DCO", "failure")] },
    verdict: "not_fixable_here",
    next: "ask",
    cite: "developercertificate.org",
  },
  {
    what: "a workflow file that GitHub cannot read",
    facts: { workflowRuns: [workflow("ci", "startup_failure")] },
    verdict: "not_fixable_here",
    next: "ask",
    cite: "link-assistant/hive-mind#1690: an invalid workflow file",
  },
];

function nextAction(reading: ReturnType<typeof readGate>, reruns: number): History["next"] {
  const gate: NewEvent = { kind: "gate.read", data: { reading, stage: "draft" } };
  const rerun: NewEvent[] =
    reruns > 0 ? [{ kind: "ci.rerun", data: { sha: reading.sha, because: "luck" } }] : [];
  const action = log.nextAfter([...log.untilPublished, ...rerun, gate]);
  return action.do === "read_gate" ? "wait" : (action.do as History["next"]);
}

describe("a CI history", () => {
  it("is told by at least 60 rows, each with its source", () => {
    expect(histories.length).toBeGreaterThanOrEqual(60);
    expect(new Set(histories.map((row) => row.what)).size).toBe(histories.length);
    expect(histories.filter((row) => row.cite.length < 8)).toEqual([]);
  });

  it.each(histories)("of $what is $verdict: $next", ({ facts: partial, rules: own, red, verdict, next }) => {
    const reading = readGate(facts(partial), own ?? rules, red ? evidence(red) : null);
    expect({ verdict: reading.verdict, next: nextAction(reading, red?.reruns ?? 0) }).toEqual({
      verdict,
      next,
    });
    expect(reading.because).toMatch(/^[A-Z].+\.$|^[a-zA-Z/ ,-]+ .+\.$/);
  });
});

describe("what a verdict says to people", () => {
  it.each<[Facts, Red | null, GateRules, string]>([
    [{ checkRuns: [check("test", "success")] }, null, rules, "test passed on this commit."],
    [
      { checkRuns: [check("test", "failure"), check("test", "success")] },
      null,
      rules,
      "test passed on this commit. test was red before on this very commit, so it is flaky.",
    ],
    [{ checkRuns: [check("test", null)] }, null, rules, "Waiting for test."],
    [{}, null, rules, "Waiting for CI to report."],
    [{}, null, late, "No check ever reported on this commit."],
    [failed, null, rules, "test failed on this commit."],
    [
      failed,
      { base: { checkRuns: [check("test", "failure")] }, since: "abcdef0123456789" },
      rules,
      "test failed on this commit, and on the base commit 1111111111 already, before any change of mine. It is so since abcdef0123.",
    ],
    [
      { workflowRuns: [workflow("ci", "action_required")] },
      null,
      rules,
      "A person has to approve the workflow run ci in Actions.",
    ],
  ])("is one sentence that can be acted on", (partial, red, own, because) => {
    expect(readGate(facts(partial), own, red ? evidence(red) : null).because).toBe(because);
  });

  it("lists every check with its conclusion, by name, and none of ours", () => {
    const own = check("Fixpoint", null, { appId: OURS });
    const reading = readGate(
      facts({ checkRuns: [check("test", "success"), own], statuses: [status("ci/a", "success")] }),
      rules,
    );
    expect(reading.checks).toEqual([
      { name: "ci/a", conclusion: "success", url: null },
      { name: "test", conclusion: "success", url: null },
    ]);
  });
});

describe("whose fault red is", () => {
  it("is ours in doubt, since a repair is bounded and a question costs a person's time", () => {
    const red = reportedOn(facts(failed), OURS).filter(isRed);
    expect(classifyRed(red, evidence({ log: "" })).verdict).toBe("ours");
    expect(classifyRed(red, null).verdict).toBe("ours");
  });
});
