import { z } from "zod";

/** A plan is data: 1 to 7 steps, each with the files it expects to touch and the check that proves it. */
const planStepSchema = z.object({
  title: z.string().min(3).max(72),
  goal: z.string().min(3).max(1_500),
  files: z.array(z.string().min(1).max(300)).max(30),
  check: z.string(),
});
export type PlanStep = z.infer<typeof planStepSchema>;

export const planSchema = z.object({
  goal: z.string().min(3).max(1_500),
  steps: z.array(planStepSchema).min(1).max(7),
});
export type Plan = z.infer<typeof planSchema>;

/**
 * Everything wrong with a proposed plan, each as a sentence that the planner can act on; empty when it is sound.
 * `checkNames` are the checks that the sandbox can run; `refusedPath` says why a path may not be touched, or null.
 */
export function planProblems(
  plan: Plan,
  rules: { checkNames: readonly string[]; maxSteps: number; refusedPath: (path: string) => string | null },
): string[] {
  const problems: string[] = [];
  if (plan.steps.length > rules.maxSteps) {
    problems.push(`The plan has ${plan.steps.length} steps; at most ${rules.maxSteps} are allowed.`);
  }
  const titles = new Set<string>();
  plan.steps.forEach((step, index) => {
    const at = `Step ${index + 1} ("${step.title}")`;
    if (titles.has(step.title)) problems.push(`${at} repeats the title of an earlier step.`);
    titles.add(step.title);
    if (!rules.checkNames.includes(step.check)) {
      problems.push(`${at} names the check "${step.check}"; the checks are: ${rules.checkNames.join(", ")}.`);
    }
    for (const path of step.files) {
      const refusal = rules.refusedPath(path);
      if (refusal) problems.push(`${at} wants to change ${path}: ${refusal}`);
    }
  });
  return problems;
}
