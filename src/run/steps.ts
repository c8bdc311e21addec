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
