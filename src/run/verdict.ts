import { z } from "zod";

/** What CI and people have said about one head SHA. Facts only, as fetched; no judgement. */
export const gateFactsSchema = z.object({
  sha: z.string(),
  checkRuns: z.array(
    z.object({
      id: z.int(),
      appId: z.int(),
      name: z.string(),
      status: z.string(),
      conclusion: z.string().nullable(),
      url: z.string().nullable(),
      suiteId: z.int().nullable(),
    }),
  ),
  statuses: z.array(z.object({ context: z.string(), state: z.string(), url: z.string().nullable() })),
  workflowRuns: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      status: z.string(),
      conclusion: z.string().nullable(),
      url: z.string(),
    }),
  ),
  /** names that the branch protection requires; empty when none or unreadable */
  required: z.array(z.string()),
});
export type GateFacts = z.infer<typeof gateFactsSchema>;

export const verdictSchema = z.enum([
  "pending",
  "passed",
  "ours",
  "base_broken",
  "flaky",
  "infrastructure",
  "not_fixable_here",
  "never_reported",
  "needs_person",
]);
export type Verdict = z.infer<typeof verdictSchema>;

export const gateReadingSchema = z.object({
  sha: z.string(),
  verdict: verdictSchema,
  /** one sentence for people */
  because: z.string(),
  checks: z.array(z.object({ name: z.string(), conclusion: z.string(), url: z.string().nullable() })),
});
export type GateReading = z.infer<typeof gateReadingSchema>;

interface Reported {
  name: string;
  /** `pending` or GitHub's conclusion */
  conclusion: string;
  url: string | null;
}

const GREEN = new Set(["success", "neutral", "skipped"]);
const RED = new Set(["failure", "timed_out", "startup_failure", "error"]);

/**
 * The verdict over a head SHA. `waitedMs`: since the SHA was published or the draft was made ready, whichever is later.
 * Our own check run never counts (kodiak queues.py: else an endless loop). Newest run per (app, name).
 * A `success` somewhere is needed: all skipped proves nothing.
 */
export function readGate(
  facts: GateFacts,
  rules: { ownAppId: number; waitedMs: number; neverReportedAfterMs: number; settleMs: number },
): GateReading {
  const reported = reportedChecks(facts, rules.ownAppId);
  const checks = reported.map(({ name, conclusion, url }) => ({ name, conclusion, url }));
  const say = (verdict: Verdict, because: string): GateReading => ({
    sha: facts.sha,
    verdict,
    because,
    checks,
  });

  const pendingRuns = facts.workflowRuns.filter((run) => run.status !== "completed");
  const awaitingApproval = facts.workflowRuns.filter((run) => run.conclusion === "action_required");
  if (awaitingApproval.length > 0) {
    return say(
      "needs_person",
      `A person has to approve the workflow run ${quote(awaitingApproval)} in Actions.`,
    );
  }
  const red = reported.filter((check) => RED.has(check.conclusion));
  const open = reported.filter((check) => check.conclusion === "pending");
  const odd = reported.filter(
    (check) => check.conclusion !== "pending" && !GREEN.has(check.conclusion) && !RED.has(check.conclusion),
  );
  const missing = facts.required.filter((name) => !reported.some((check) => check.name === name));
  if (open.length > 0 || pendingRuns.length > 0) {
    return say("pending", `Waiting for ${quote(open.length > 0 ? open : pendingRuns)}.`);
  }
  const brokenFiles = facts.workflowRuns.filter((run) => run.conclusion === "startup_failure");
  if (red.length > 0 || brokenFiles.length > 0) {
    return say("ours", `${quote(red.length > 0 ? red : brokenFiles)} failed on this commit.`);
  }
  if (odd.length > 0) {
    const words = odd.map((check) => `${check.name} is ${check.conclusion.replace("_", " ")}`).join(", ");
    return say("needs_person", `CI ended without an answer: ${words}.`);
  }
  if (reported.length === 0 || missing.length > 0) {
    if (rules.waitedMs < rules.neverReportedAfterMs) {
      return say(
        "pending",
        missing.length > 0 ? `Waiting for ${missing.join(", ")}.` : "Waiting for CI to report.",
      );
    }
    return say(
      "never_reported",
      missing.length > 0
        ? `The required check ${missing.join(", ")} never reported.`
        : "No check ever reported on this commit.",
    );
  }
  if (rules.waitedMs < rules.settleMs)
    return say("pending", "Green so far; waiting for checks that start late.");
  if (!reported.some((check) => check.conclusion === "success")) {
    return say("needs_person", "Every check was skipped, which proves nothing.");
  }
  return say(
    "passed",
    `${quote(reported.filter((check) => check.conclusion === "success"))} passed on this commit.`,
  );
}

function reportedChecks(facts: GateFacts, ownAppId: number): Reported[] {
  const newest = new Map<string, GateFacts["checkRuns"][number]>();
  for (const run of facts.checkRuns) {
    if (run.appId === ownAppId) continue;
    const key = `${run.appId} ${run.name}`;
    const seen = newest.get(key);
    if (!seen || run.id > seen.id) newest.set(key, run);
  }
  const fromRuns = [...newest.values()].map((run) => ({
    name: run.name,
    conclusion: run.status === "completed" ? (run.conclusion ?? "pending") : "pending",
    url: run.url,
  }));
  const fromStatuses = facts.statuses.map((status) => ({
    name: status.context,
    conclusion: status.state,
    url: status.url,
  }));
  return [...fromRuns, ...fromStatuses].sort((a, b) => a.name.localeCompare(b.name));
}

function quote(items: readonly { name: string }[]): string {
  return [...new Set(items.map((item) => item.name))].join(", ");
}
