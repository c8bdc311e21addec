import { z } from "zod";
import { digestOf } from "../workspace/change-journal.ts";
import { allowedPath } from "./allowed-path.ts";
import type { Tool } from "./tool.ts";
import { withCheck } from "./with-check.ts";

const input = z.strictObject({ path: z.string(), content: z.string(), check: z.string().nullable() });

const mostBytes = 1_000_000;

export const createFile: Tool<z.infer<typeof input>> = {
  name: "create_file",
  description: "Create a new text file.",
  input,
  access: "write",
  async run(asked, context) {
    const path = allowedPath(context, "write", asked.path);
    const content = new TextEncoder().encode(asked.content);
    if (content.length > mostBytes) {
      return {
        status: "refused",
        text: `The content has ${content.length} bytes; at most ${mostBytes} are written.`,
        paths: [path],
      };
    }
    if (await context.workspace.read(path)) {
      return { status: "refused", text: `${path} exists already; change it with edit_file.`, paths: [path] };
    }
    await context.workspace.write(path, content);
    context.seen.set(path, digestOf(content));
    const lines = asked.content.split("\n").length - (asked.content.endsWith("\n") ? 1 : 0);
    return withCheck(
      context,
      { status: "ok", text: `Created ${path} (${lines} lines).`, paths: [path] },
      asked.check,
    );
  },
};
