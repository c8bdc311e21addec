import { z } from "zod";
import type { Tool } from "./tool.ts";
import { describeCheck } from "./with-check.ts";

const input = z.strictObject({ name: z.string() });

export const runCheck: Tool<z.infer<typeof input>> = {
  name: "run_check",
  description: "Run one of the repository's checks on the files as they are now.",
  input,
  access: "write",
  async run({ name }, context) {
    const check = await context.runCheck(name.trim());
    return {
      status: check.result.status === "passed" ? "ok" : "failed",
      text: describeCheck(check),
      paths: check.changed,
      check,
    };
  },
};
