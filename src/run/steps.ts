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

/** Executing, repairing, or, when every step is done, publishing. */
export function inStep(run: Run): Run {
  const next = run.steps.find((step) => step.status !== "done");
  if (!next) return { ...run, status: "publishing" };
  return { ...run, status: next.kind === "repair" ? "repairing" : "executing" };
}
