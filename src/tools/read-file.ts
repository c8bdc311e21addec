import { z } from "zod";
import { allowedPath } from "./allowed-path.ts";
import { numberedLines, splitLines } from "./numbered-lines.ts";
import type { Tool } from "./tool.ts";

const input = z.strictObject({
  path: z.string(),
  from: z.int().nullable().describe("first line"),
  to: z.int().nullable().describe("last line"),
});

const mostLines = 400;
const mostChars = 20_000;

export const readFile: Tool<z.infer<typeof input>> = {
  name: "read_file",
  description:
    "Read a text file, or some lines of it. Lines come as number|text; the number| is not in the file.",
  input,
  access: "read",
  async run(asked, context) {
    const path = allowedPath(context, "read", asked.path);
    const file = await context.workspace.read(path);
    if (!file) return { status: "failed", text: `There is no file ${path}.`, paths: [path] };
    const text = new TextDecoder().decode(file.bytes);
    const lines = splitLines(text);
    context.seen.set(path, file.digest);
    if (text === "") return { status: "ok", text: `${path} is empty.`, paths: [path] };
    const from = Math.max(1, asked.from ?? 1);
    if (from > lines.length) {
      return { status: "failed", text: `${path} has only ${lines.length} lines.`, paths: [path] };
    }
    const to = lastLine(lines, from, Math.min(lines.length, Math.max(from, asked.to ?? lines.length)));
    const more = to < lines.length ? "; more follows" : "";
    const endings = text.includes("\r\n") ? "; CRLF line endings" : "";
    const head = `${path}, lines ${from}-${to} of ${lines.length}${more}${endings}`;
    return { status: "ok", text: `${head}\n${numberedLines(lines, from, to)}`, paths: [path] };
  },
};

/** As many lines as fit into one result. */
function lastLine(lines: readonly string[], from: number, wanted: number): number {
  let chars = 0;
  let to = from;
  for (let line = from; line <= wanted && line < from + mostLines; line++) {
    chars += (lines[line - 1]?.length ?? 0) + 6;
    if (chars > mostChars && line > from) break;
    to = line;
  }
  return to;
}
