import type { EventData } from "./events.ts";
import type { Verdict } from "./gate-reading.ts";
import type { Run, Step } from "./run.ts";
import type { AskReason, Outcome } from "./status.ts";

/** What happens next. Each is performed by the file of that name in `runner/`. */
export type Action =
  | { do: "triage" }
  | { do: "prepare" }
  | { do: "plan"; attempt: number }
  | { do: "execute"; step: number; attempt: number }
  | { do: "publish" }
  | { do: "read_gate" }
  | { do: "make_ready"; sha: string }
  | { do: "make_draft"; sha: string; because: string }
  | { do: "rerun"; sha: string; because: string }
  | { do: "plan_repair"; sha: string }
  | { do: "ask"; reason: AskReason; question: string; resumeAt: EventData<"person.asked">["resumeAt"] }
  | { do: "end"; outcome: Outcome; because: string }
  | { do: "wait"; for: "person" | "nothing" };

/** In `propose` nothing is changed before a person has read the plan; their answer counts for this very plan only. */
const planQuestion = "This is my plan. Comment `/agent retry` to have it carried out, or `/agent stop`.";

/** One try and one more: a planner that fails twice has not understood, and a person should look. */
const PLAN_ATTEMPTS = 2;

/** The next action of a run. Pure: the same run always gets the same answer. */
export function decide(run: Run): Action {
  if (run.ended) return { do: "wait", for: "nothing" };
  if (run.pull === "merged") return { do: "end", outcome: "merged", because: "The pull request was merged." };
  if (run.pull === "closed") return { do: "end", outcome: "closed", because: "The pull request was closed." };
  if (run.stopAskedBy) return { do: "end", outcome: "stopped", because: `${run.stopAskedBy} asked to stop.` };
  if (run.crashes >= MOST_CRASHES && run.status !== "awaiting_person") return crashLoop(run);
  switch (run.status) {
    case "queued":
    case "triaging":
      return { do: "triage" };
    case "planning":
      return decidePlanning(run);
    case "executing":
    case "repairing":
      return decideStep(run);
    case "publishing":
      return { do: "publish" };
    case "awaiting_ci":
    case "awaiting_merge":
      return decideGate(run);
    case "awaiting_person":
      return { do: "wait", for: "person" };
    case "merged":
    case "closed":
    case "nothing_to_do":
    case "stopped":
    case "failed":
      return { do: "wait", for: "nothing" };
    default:
      return run.status satisfies never;
  }
}

/** A repository that brings down every worker must not do so for ever. */
const MOST_CRASHES = 5;

function crashLoop(run: Run): Action {
  return {
    do: "ask",
    reason: "internal",
    question: `${run.crashes} workers died one after another at this place, so I stop here. An operator finds out why in their logs (memory, disk, a defect). Comment \`/agent retry\` to go on from the last checkpoint.`,
    resumeAt: resumePoint(run),
  };
}

/** A retry goes on where the question came up. */
export function resumePoint(run: Run): EventData<"person.asked">["resumeAt"] {
  switch (run.status) {
    case "queued":
    case "triaging":
      return "triage";
    case "planning":
      return "plan";
    case "executing":
    case "repairing":
      return "execute";
    case "publishing":
      return "publish";
    default:
      return "gate";
  }
}

function decidePlanning(run: Run): Action {
  if (!run.setupResult) return { do: "prepare" };
  const attempts = run.planRejections.length - run.forgivenPlans;
  if (attempts < PLAN_ATTEMPTS) return { do: "plan", attempt: run.planRejections.length + 1 };
  return {
    do: "ask",
    reason: "plan_invalid",
    question: `I made ${PLAN_ATTEMPTS} plans and neither was sound. Please say more in the issue, then comment \`/agent retry\`.`,
    resumeAt: "plan",
  };
}

function decideStep(run: Run): Action {
  const step = run.steps.find((each) => each.status !== "done");
  if (!step) return { do: "publish" };
  if (run.autonomy === "propose" && run.planApproved !== run.planHash) {
    return { do: "ask", reason: "plan_approval", question: planQuestion, resumeAt: "execute" };
  }
  if (step.failures.length - step.forgiven < run.limits.attemptsPerStep) {
    return { do: "execute", step: step.number, attempt: step.failures.length + 1 };
  }
  return { do: "ask", reason: "step_failed", question: stepFailed(run, step), resumeAt: "execute" };
}

/** What others wrote (titles, failures) is not part of a question: reports add it, quoted. */
function stepFailed(run: Run, step: Step): string {
  const red = run.baseChecks.filter((check) => check.status !== "passed").map((check) => `\`${check.name}\``);
  const hint = red.length > 0 ? ` Note that ${red.join(", ")} failed on the base branch already.` : "";
  return (
    `Step ${step.number} failed ${run.limits.attemptsPerStep} times.${hint} ` +
    "Comment `/agent retry` with a hint to let me try again from the last checkpoint, or `/agent stop`."
  );
}

/** Which question a verdict asks, for the verdicts that need a person. */
const gateQuestions: Partial<Record<Verdict, AskReason>> = {
  base_broken: "base_red",
  flaky: "ci_unclear",
  infrastructure: "ci_unclear",
  not_fixable_here: "ci_unclear",
  needs_person: "ci_unclear",
  never_reported: "ci_never_reported",
};

function decideGate(run: Run): Action {
  const { gate, published } = run;
  if (!gate || !published || gate.sha !== published.sha || gate.verdict === "pending")
    return { do: "read_gate" };
  if (gate.verdict === "passed") {
    if (run.pull === "draft" && run.autonomy === "ready") return { do: "make_ready", sha: gate.sha };
    return { do: "read_gate" };
  }
  if (mayPassByItself(gate.verdict) && !run.reruns.some((rerun) => rerun.sha === gate.sha)) {
    return { do: "rerun", sha: gate.sha, because: gate.because };
  }
  if (run.pull === "ready") return { do: "make_draft", sha: gate.sha, because: gate.because };
  if (gate.verdict === "ours" && run.repairs.length < run.limits.repairs)
    return { do: "plan_repair", sha: gate.sha };
  const reason = gateQuestions[gate.verdict] ?? "ci_red";
  return {
    do: "ask",
    reason,
    question: `${gate.because} ${askAtGate(run, reason)}`,
    resumeAt: "gate",
  };
}

function mayPassByItself(verdict: Verdict): boolean {
  return verdict === "flaky" || verdict === "infrastructure";
}

function askAtGate(run: Run, reason: AskReason): string {
  if (reason === "ci_red") {
    const tried = run.repairs.length;
    const repairs = tried === 1 ? "one repair" : `${tried} repairs`;
    return `I made ${repairs} and stop here, so as not to spend more on the same failure. Comment \`/agent retry\` to read CI again.`;
  }
  if (reason === "ci_never_reported") {
    return "Check that a workflow runs on pull requests of this repository, then comment `/agent retry`.";
  }
  return "When that is settled, comment `/agent retry` and I read CI again.";
}
