import { classifyRed, type RedEvidence } from "./classify-red.ts";
import { type GateFacts, isGreen, isOpen, isRed, type Reported, reportedOn } from "./gate-facts.ts";
import type { GateReading } from "./gate-reading.ts";

export interface GateRules {
  ownAppId: number;
  /** since the SHA was published, the draft was made ready, or a re-run was asked for, whichever is latest */
  waitedMs: number;
  neverReportedAfterMs: number;
  /** how long green is held back, for checks that start late */
  settleMs: number;
}

/**
 * The verdict over a head SHA, from facts alone. `evidence` is what is fetched only when something is red; without it a red
 * check is ours. Each verdict has one sentence for people.
 */
export function readGate(
  facts: GateFacts,
  rules: GateRules,
  evidence: RedEvidence | null = null,
): GateReading {
  const reported = reportedOn(facts, rules.ownAppId);
  const { verdict, because } = judge(facts, reported, rules, evidence);
  const checks = reported.map(({ name, conclusion, url }) => ({ name, conclusion, url }));
  return { sha: facts.sha, verdict, because, checks };
}

type Judged = Pick<GateReading, "verdict" | "because">;

function judge(
  facts: GateFacts,
  reported: readonly Reported[],
  rules: GateRules,
  evidence: RedEvidence | null,
): Judged {
  const toApprove = reported.filter(
    (check) => check.kind === "workflow" && check.conclusion === "action_required",
  );
  if (toApprove.length > 0) {
    return needsPerson(`A person has to approve the workflow run ${names(toApprove)} in Actions.`);
  }
  const open = reported.filter(isOpen);
  // Nothing is judged, and no attempt is spent, while anything still runs (handarbeit/fabrik#958: five repairs in 90 s).
  if (open.length > 0) return { verdict: "pending", because: `Waiting for ${names(open)}.` };
  const red = reported.filter(isRed);
  if (red.length > 0) return classifyRed(red, evidence);
  const odd = reported.filter((check) => !isGreen(check));
  if (odd.length > 0) {
    const words = odd.map((check) => `${check.name} is ${check.conclusion.replaceAll("_", " ")}`).join(", ");
    return needsPerson(`CI ended without an answer: ${words}.`);
  }
  const missing = facts.required.filter((name) => !reported.some((check) => check.name === name));
  if (reported.length === 0 || missing.length > 0) return silence(missing, rules);
  if (rules.waitedMs < rules.settleMs) {
    return { verdict: "pending", because: "Green so far; waiting for checks that start late." };
  }
  return green(facts, reported);
}

/** All skipped proves nothing, and a required check that was skipped proves nothing either: something must have succeeded. */
function green(facts: GateFacts, reported: readonly Reported[]): Judged {
  const succeeded = reported.filter((check) => check.conclusion === "success");
  if (succeeded.length === 0) return needsPerson("Every check was skipped, which proves nothing.");
  const required = reported.filter((check) => facts.required.includes(check.name));
  if (required.length > 0 && !required.some((check) => check.conclusion === "success")) {
    return needsPerson(
      `${names(required)} ${required.length === 1 ? "is" : "are"} required and did not run, which proves nothing.`,
    );
  }
  const shaky = succeeded.filter((check) => check.earlier.some((conclusion) => conclusion === "failure"));
  const mark = shaky.length > 0 ? ` ${names(shaky)} was red before on this very commit, so it is flaky.` : "";
  return { verdict: "passed", because: `${names(succeeded)} passed on this commit.${mark}` };
}

function silence(missing: readonly string[], rules: GateRules): Judged {
  if (rules.waitedMs < rules.neverReportedAfterMs) {
    const what = missing.length > 0 ? missing.join(", ") : "CI to report";
    return { verdict: "pending", because: `Waiting for ${what}.` };
  }
  const what =
    missing.length > 0
      ? `The required check ${missing.join(", ")} never reported.`
      : "No check ever reported on this commit.";
  return { verdict: "never_reported", because: what };
}

function needsPerson(because: string): Judged {
  return { verdict: "needs_person", because };
}

function names(checks: readonly { name: string }[]): string {
  return [...new Set(checks.map((check) => check.name))].join(", ");
}
