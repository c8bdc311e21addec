import type { EventData } from "./events.ts";
import type { PlanStep } from "./plan.ts";
import type { Run, Step } from "./run.ts";

/** A step that nobody has begun. */
export function newStep(kind: Step["kind"], number: number, step: PlanStep): Step {
  const { title, goal, files, check } = step;
  const fresh = { status: "waiting", forgiven: 0, failures: [], checkpoint: null, commit: null } as const;
  return { number, kind, title, goal, files, check, ...fresh };
}

/** These steps with one of them changed. */
export function withStep(
  run: Pick<Run, "steps">,
  number: number,
  change: Partial<Step> | ((step: Step) => Partial<Step>),
): Step[] {
  return run.steps.map((step) =>
    step.number === number ? { ...step, ...(typeof change === "function" ? change(step) : change) } : step,
  );
}

/** Executing, repairing, revising, updating, or, when every step is done, publishing. */
export function inStep(run: Run): Run {
  const next = run.steps.find((step) => step.status !== "done");
  if (!next) return { ...run, status: "publishing" };
  return { ...run, status: statusIn[next.kind] };
}

const statusIn = {
  planned: "executing",
  repair: "repairing",
  revision: "revising",
  update: "updating",
} as const;

/**
 * The check of a step that comes after the plan: that of the last step, or, where an earlier life left no step to go by, the first that
 * proves anything here. Triage lets no run go on without one.
 */
export function nextCheck(run: Pick<Run, "steps" | "checks">): string {
  const proving = run.checks.find(({ where, purpose }) => where === "sandbox" && purpose === "proves");
  const check = run.steps.at(-1)?.check ?? proving?.name;
  if (!check) throw new Error("A step follows triage, which found a check that proves it.");
  return check;
}

/** Which one of its kind a step is, from 1. */
export function ordinalOf(run: Pick<Run, "steps">, step: Step): number {
  return run.steps.filter((each) => each.kind === step.kind && each.number <= step.number).length;
}

/** Repairs since people last asked for something: each time they do, CI is given as much patience as at first. */
export function repairsOfRound(run: Pick<Run, "steps" | "repairs">): Run["repairs"] {
  const begins = run.steps.findLastIndex((step) => step.kind === "revision") + 1;
  const count = run.steps.slice(begins).filter((step) => step.kind === "repair").length;
  return run.repairs.slice(run.repairs.length - count);
}

/** A review that is taken in becomes the next step. It counts as an answer too: what the run asked before is settled by doing what it wants. */
export function withRevision(run: Run, data: EventData<"revision.asked">): Run {
  const { revision, reviewId, title, files, check } = data;
  const goal = `Revision ${revision}: a review asks for changes of what was done so far. Make those that it asks for, and no others.`;
  const step = newStep("revision", run.steps.length + 1, { title, goal, files, check });
  return {
    ...run,
    status: "revising",
    asked: null,
    reviews: run.reviews.filter((review) => review.reviewId !== reviewId),
    baseUpdates: 0,
    revisions: [...run.revisions, { ...data, step: step.number, published: false }],
    steps: [...run.steps, step],
  };
}
