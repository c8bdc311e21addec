import { z } from "zod";
import type { Tool } from "./tool.ts";

const input = z.strictObject({
  summary: z.string().describe("one or two sentences for the commit message: what changed and why"),
});

export const finishStep: Tool<z.infer<typeof input>> = {
  name: "finish_step",
  description: "End the step. Its check then runs and decides.",
  input,
  access: "read",
  async run({ summary }) {
    const text = summary.trim();
    if (text === "") return { status: "refused", text: "Say in a sentence what was done.", paths: [] };
    return {
      status: "ok",
      text: "The step ends here; its check decides.",
      paths: [],
      finished: { summary: text },
    };
  },
};
