import type { Run } from "../run/run.ts";
import type { Status } from "../run/status.ts";
import { renderQuestion } from "./question.ts";
import { plainLine } from "./quote.ts";

/** How GitHub's check run shows a status: still going, or a conclusion. */
export type Conclusion = "in_progress" | "success" | "failure" | "neutral" | "action_required" | "cancelled";

interface Words {
  /** one sentence: what is going on */
  sentence: string;
  /** one sentence: what the reader can do next */
  next: string;
  conclusion: Conclusion;
}

/** Each status in words. Exhaustive: a new status does not compile before somebody has said what it means to people. */
export function wordsFor(run: Run): Words {
  return words[run.status](run);
}

const stopHint = "Nothing to do for you. Comment `/agent stop` to stop.";

const words: Record<Status, (run: Run) => Words> = {
  queued: () => ({ sentence: "Waiting for a worker.", next: stopHint, conclusion: "in_progress" }),
  triaging: () => ({
    sentence: "Looking at the issue and at how a fix can be proved here.",
    next: stopHint,
    conclusion: "in_progress",
  }),
  planning: (run) => ({
    sentence: run.setupResult
      ? "Making a plan."
      : "Installing dependencies and running the checks on the untouched base.",
    next: stopHint,
    conclusion: "in_progress",
  }),
  executing: (run) => ({
    sentence: `Working on ${currentStep(run)}.`,
    next: stopHint,
    conclusion: "in_progress",
  }),
  repairing: (run) => ({
    sentence: `CI failed, so I work on ${currentStep(run)}, with the log of the failing job.`,
    next: stopHint,
    conclusion: "in_progress",
  }),
  revising: (run) => ({
    sentence: `A review asks for changes, so I work on ${currentStep(run)}.`,
    next: stopHint,
    conclusion: "in_progress",
  }),
  updating: (run) => ({
    sentence: `The base branch moved and clashes with this change, so I work on ${currentStep(run)}.`,
    next: stopHint,
    conclusion: "in_progress",
  }),
  publishing: () => ({
    sentence: "Publishing the commits and the pull request.",
    next: stopHint,
    conclusion: "in_progress",
  }),
  awaiting_ci: (run) => ({
    sentence: run.gate ? `CI: ${run.gate.because}` : "Waiting for CI on exactly this commit.",
    next: stopHint,
    conclusion: "in_progress",
  }),
  awaiting_merge: (run) => ({
    sentence: `CI is green on exactly this commit${stageOf(run)}`,
    next: "Review the pull request, and merge it if you like it. I never merge.",
    conclusion: "success",
  }),
  awaiting_person: (run) => ({
    sentence: renderQuestion(run),
    next: "Answer with `/agent retry` to go on, or `/agent stop` to end.",
    conclusion: "action_required",
  }),
  merged: () => ({
    sentence: "The pull request was merged.",
    next: "Nothing to do. Thank you.",
    conclusion: "success",
  }),
  closed: () => ({
    sentence: "The pull request was closed without merging, so I stopped.",
    next: "Put the label on again for a fresh start.",
    conclusion: "neutral",
  }),
  nothing_to_do: (run) => ({
    sentence: run.ended?.because ?? "There is nothing to do.",
    next: "If that is wrong, put the label on again.",
    conclusion: "neutral",
  }),
  stopped: (run) => ({
    sentence: run.ended?.because ?? "Stopped.",
    next: "What was done so far is kept. Comment `/agent retry` for a fresh run.",
    conclusion: "cancelled",
  }),
  failed: (run) => ({
    sentence: run.ended?.because ?? "The run failed.",
    next: "Comment `/agent retry` for a fresh run.",
    conclusion: "failure",
  }),
};

function stageOf(run: Run): string {
  if (run.pull === "ready") return ", and the pull request is ready for review.";
  if (run.heldAsDraftBy === null) return "; the pull request stays a draft, as this repository wants it.";
  return `; the pull request stays a draft, because ${plainLine(run.heldAsDraftBy, 40)} made it one.`;
}

function currentStep(run: Run): string {
  const step = run.steps.find((each) => each.status !== "done");
  if (!step) return "the last step";
  const attempt = step.failures.length + 1;
  return `step ${step.number} of ${run.steps.length}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
}
