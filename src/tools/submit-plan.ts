import { z } from "zod";
import { planSchema, planStepSchema } from "../run/plan.ts";
import type { Tool } from "./tool.ts";

const { title, goal, files, check } = planStepSchema.shape;
const step = z.strictObject({
  title: title.describe("imperative, at most 72 characters"),
  goal: goal.describe("what is true afterwards, and where to change it"),
  files: files.describe("files expected to change"),
  check: check.describe("name of the check that proves the step"),
});
const input = z.strictObject({ goal: planSchema.shape.goal, steps: z.array(step).min(1).max(7) });

export const submitPlan: Tool<z.infer<typeof input>> = {
  name: "submit_plan",
  description: "Hand in the plan: 1 to 7 steps, as few as the fix needs, each of them provable by its check.",
  input,
  access: "read",
  async run(plan) {
    return { status: "ok", text: "The plan is handed in.", paths: [], plan };
  },
};
