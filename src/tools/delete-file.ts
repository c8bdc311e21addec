import { z } from "zod";
import { allowedPath } from "./allowed-path.ts";
import type { Tool } from "./tool.ts";
import { withCheck } from "./with-check.ts";

const input = z.strictObject({ path: z.string(), check: z.string().nullable() });

export const deleteFile: Tool<z.infer<typeof input>> = {
  name: "delete_file",
  description: "Delete a file.",
  input,
  access: "write",
  async run(asked, context) {
    const path = allowedPath(context, "write", asked.path);
    await context.workspace.remove(path);
    context.seen.delete(path);
    return withCheck(context, { status: "ok", text: `Deleted ${path}.`, paths: [path] }, asked.check);
  },
};
