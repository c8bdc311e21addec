import { z } from "zod";
import type { Tool } from "./tool.ts";

// Form only: whether the plan is sound (lengths, paths, checks) is judged by the planner's caller, which names all problems at once.
const step = z.strictObject({
  title: z.string().describe("imperative, at most 72 characters"),
  goal: z.string().describe("what is true afterwards, and where to change it"),
  files: z.array(z.string()).describe("files expected to change"),
  check: z.string().describe("name of the check that proves the step"),
});
const input = z.strictObject({ goal: z.string(), steps: z.array(step) });

export const submitPlan: Tool<z.infer<typeof input>> = {
  name: "submit_plan",
  description: "Hand in the plan: 1 to 7 steps, as few as the fix needs, each of them provable by its check.",
  input,
  access: "read",
  async run(plan) {
    return { status: "ok", text: "The plan is handed in.", paths: [], plan };
  },
};
