import { z } from "zod";
import { type Plan, planSchema } from "../run/plan.ts";
import { planningTools } from "../tools/index.ts";
import { type ThinkInput, think } from "./loop.ts";
import { type PlanFacts, planOpening, planSystemPrompt } from "./prompts.ts";

export type ProposedPlan = { plan: Plan } | { problems: readonly string[] };

/**
 * One planning phase: the model looks around and submits a plan, which is read here. `problems` are sentences for the next
 * attempt and for people. Whether the plan may be carried out (checks, paths) is judged by `planProblems` in `run/plan.ts`.
 */
export async function proposePlan(
  input: PlanFacts & Omit<ThinkInput, "system" | "tools" | "opening" | "endOnGreen"> & { maxSteps: number },
): Promise<ProposedPlan> {
  const thought = await think({
    ...input,
    system: planSystemPrompt,
    tools: planningTools,
    opening: planOpening(input),
  });
  switch (thought.ended) {
    case "planned":
      return readPlan(thought.plan, input.maxSteps);
    case "stuck":
      return { problems: [`Planning got stuck: ${thought.because}`] };
    case "turns_used_up":
      return { problems: [`No plan was submitted within ${input.maxTurns} turns.`] };
    case "finished":
      return { problems: ["Planning ended without a plan."] };
  }
}

const text = z.string().transform((value) => value.replace(/\s+/g, " ").trim());

/** Lenient about form: space is trimmed, titles are cut, paths are written from the root and named once. */
const draftSchema = z.object({
  goal: text,
  steps: z.array(
    z.object({
      title: text.transform((title) => cut(title.replace(/\.$/, ""), 72)),
      goal: z.string().transform((goal) => cut(goal.trim(), 1_500)),
      files: z
        .array(z.string())
        .transform((files) => [...new Set(files.map(fromRoot).filter((file) => file !== ""))]),
      check: text,
    }),
  ),
});

export function readPlan(value: unknown, maxSteps: number): ProposedPlan {
  const draft = draftSchema.safeParse(value);
  if (!draft.success) return { problems: sentences(draft.error) };
  const { goal, steps } = draft.data;
  if (steps.length > maxSteps) {
    return { problems: [`The plan has ${steps.length} steps; at most ${maxSteps} are allowed.`] };
  }
  const plan = planSchema.safeParse({ goal: cut(goal, 1_500), steps });
  return plan.success ? { plan: plan.data } : { problems: sentences(plan.error) };
}

function sentences(error: z.ZodError): string[] {
  return error.issues.map(
    (issue) => `In the plan, ${issue.path.map(String).join(".") || "all of it"}: ${issue.message}.`,
  );
}

function fromRoot(path: string): string {
  return path.trim().replace(/^(?:\.?\/)+/, "");
}

function cut(line: string, most: number): string {
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`;
}
