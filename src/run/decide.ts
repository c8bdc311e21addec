import type { Action } from "./action.ts";
import { decideGate } from "./decide-gate.ts";
import { decideReview, reviewToTake } from "./decide-review.ts";
import type { EventData } from "./events.ts";
import { withdrawals } from "./lifecycle.ts";
import type { Run, Step } from "./run.ts";

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
  if (run.withdrawn) return { do: "end", outcome: "stopped", because: withdrawals[run.withdrawn] };
  if (run.crashes >= MOST_CRASHES && run.status !== "awaiting_person") return crashLoop(run);
  // Before a review too: the branch may stand at an update that a worker made and did not live to record.
  if (run.status === "awaiting_ci" && run.published && run.baseMet !== run.published.sha) {
    return { do: "meet_base" };
  }
  const review = reviewToTake(run);
  if (review) return decideReview(run, review);
  switch (run.status) {
    case "queued":
    case "triaging":
      return { do: "triage" };
    case "planning":
      return decidePlanning(run);
    case "executing":
    case "repairing":
    case "revising":
    case "updating":
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
      // What an earlier life has left may have gone meanwhile: it is looked for anew.
      return run.adopted ? "triage" : "plan";
    case "executing":
    case "repairing":
    case "revising":
    case "updating":
      return "execute";
    case "publishing":
      return "publish";
    default:
      return "gate";
  }
}

function decidePlanning(run: Run): Action {
  // An earlier life, whose log was lost, has done the work already.
  if (run.adopted) return { do: "adopt", sha: run.adopted.sha };
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
  // Nobody should review what is being worked on.
  if (run.pull === "ready" && run.published) {
    return { do: "make_draft", sha: run.published.sha, because: draftBecause(step) };
  }
  if (step.failures.length - step.forgiven < run.limits.attemptsPerStep) {
    return { do: "execute", step: step.number, attempt: step.failures.length + 1 };
  }
  if (step.kind === "update")
    return { do: "ask", reason: "conflict", question: updateFailed(run), resumeAt: "execute" };
  return { do: "ask", reason: "step_failed", question: stepFailed(run, step), resumeAt: "execute" };
}

function draftBecause({ kind }: Step): string {
  return kind === "update"
    ? "The base branch moved, and clashes with the change."
    : "A review asked for changes.";
}

function updateFailed({ limits, base }: Run): string {
  return (
    `The base branch moved to ${base?.sha.slice(0, 10) ?? "another commit"} and clashes with this change, and ${limits.attemptsPerStep} attempts did not bring both together. ` +
    "The branch is as it was. Comment `/agent retry` with a hint to let me try again, or `/agent stop` to go on by hand."
  );
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
