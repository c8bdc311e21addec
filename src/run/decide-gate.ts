import type { Action } from "./action.ts";
import type { GateReading, Verdict } from "./gate-reading.ts";
import { opKeys } from "./op-keys.ts";
import type { Run } from "./run.ts";
import type { AskReason } from "./status.ts";
import { repairsOfRound } from "./steps.ts";

/** Which question a verdict asks, for the verdicts that need a person. */
const gateQuestions: Partial<Record<Verdict, AskReason>> = {
  base_broken: "base_red",
  flaky: "ci_unclear",
  infrastructure: "ci_unclear",
  not_fixable_here: "ci_unclear",
  needs_person: "ci_unclear",
  never_reported: "ci_never_reported",
};

/** What the verdict over the published head means for the run. */
export function decideGate(run: Run): Action {
  const { gate, published } = run;
  if (!gate || !published || gate.sha !== published.sha || gate.verdict === "pending")
    return { do: "read_gate" };
  if (gate.verdict === "passed") {
    if (run.pull === "draft" && run.autonomy === "ready" && run.heldAsDraftBy === null) {
      return { do: "make_ready", sha: gate.sha };
    }
    return { do: "read_gate" };
  }
  if (waitsForReady(run, gate)) return { do: "make_ready", sha: gate.sha };
  if (mayPassByItself(gate.verdict) && !run.reruns.some((rerun) => rerun.sha === gate.sha)) {
    return { do: "rerun", sha: gate.sha, because: gate.because };
  }
  if (run.pull === "ready") return { do: "make_draft", sha: gate.sha, because: gate.because };
  if (gate.verdict === "ours" && repairsOfRound(run).length < run.limits.repairs)
    return { do: "plan_repair", sha: gate.sha };
  const reason = gateQuestions[gate.verdict] ?? "ci_red";
  return {
    do: "ask",
    reason,
    question: `${gate.because} ${askAtGate(run, reason)}`,
    resumeAt: "gate",
  };
}

/**
 * CI spares drafts here, so on a draft it will never say more than that it skipped: the pull request is made ready once, to hear what CI has to
 * say. Nothing but green keeps it ready.
 */
function waitsForReady(run: Run, gate: GateReading): boolean {
  if (run.pull !== "draft" || run.autonomy !== "ready" || !run.ciStartsWhenReady) return false;
  const wasReady = Object.keys(run.effects).some((opKey) => opKey.startsWith(opKeys.madeReady(gate.sha)));
  const silent =
    gate.verdict === "never_reported" || gate.checks.some((check) => check.conclusion === "skipped");
  const fine = gate.checks.every((check) => ["success", "neutral", "skipped"].includes(check.conclusion));
  return !wasReady && silent && fine;
}

function mayPassByItself(verdict: Verdict): boolean {
  return verdict === "flaky" || verdict === "infrastructure";
}

function askAtGate(run: Run, reason: AskReason): string {
  if (reason === "ci_red") {
    const tried = repairsOfRound(run).length;
    if (tried === 0) return "No repair is allowed here. Comment `/agent retry` to read CI again.";
    const repairs = tried === 1 ? "one repair" : `${tried} repairs`;
    return `I made ${repairs} and stop here, so as not to spend more on the same failure. Comment \`/agent retry\` to read CI again.`;
  }
  if (reason === "ci_never_reported") {
    return "Check that a workflow runs on pull requests of this repository, then comment `/agent retry`.";
  }
  const again = run.reruns.some(({ sha, workflowRuns }) => sha === run.gate?.sha && workflowRuns !== 0);
  return `${again ? "I asked for the failed jobs once more already. " : ""}When that is settled, comment \`/agent retry\` and I read CI again.`;
}
