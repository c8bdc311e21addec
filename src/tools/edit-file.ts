import { z } from "zod";
import { digestOf } from "../workspace/change-journal.ts";
import { allowedPath } from "./allowed-path.ts";
import { describeFailure, regionOf } from "./edit-failure.ts";
import { applyEdits, type EditOutcome } from "./edit-ladder.ts";
import { lineNumberAt, numberedLines, splitLines } from "./numbered-lines.ts";
import type { Tool, ToolContext, ToolResult } from "./tool.ts";
import { withCheck } from "./with-check.ts";

const edit = z.strictObject({
  old: z.string().describe("text as it stands in the file, enough to occur once"),
  new: z.string(),
  replace_all: z.boolean().nullable(),
});
const input = z.strictObject({
  path: z.string(),
  edits: z.array(edit).min(1).max(50),
  check: z.string().nullable().describe("check to run afterwards"),
});

export const editFile: Tool<z.infer<typeof input>> = {
  name: "edit_file",
  description: "Replace pieces of a file that you have read. All edits apply in order, or none does.",
  input,
  access: "write",
  async run(asked, context) {
    const path = allowedPath(context, "write", asked.path);
    const file = await context.workspace.read(path);
    if (!file)
      return { status: "failed", text: `There is no file ${path}; make it with create_file.`, paths: [path] };
    const text = decode(file.bytes);
    if (text === null)
      return { status: "refused", text: `${path} is not UTF-8 text and is not edited.`, paths: [path] };
    if (context.seen.get(path) !== file.digest)
      return unseen(context, path, file.digest, text, asked.edits[0]?.old ?? "");
    const edits = asked.edits.map((each) => ({
      old: each.old,
      new: each.new,
      replaceAll: each.replace_all ?? false,
    }));
    const outcome = applyEdits(text, edits);
    if (outcome.status !== "edited") {
      const failures = (context.editFailures.get(path) ?? 0) + 1;
      context.editFailures.set(path, failures);
      return { status: "failed", text: describeFailure(path, text, edits, outcome, failures), paths: [path] };
    }
    const content = new TextEncoder().encode(outcome.text);
    await context.workspace.write(path, content);
    context.seen.set(path, digestOf(content));
    context.editFailures.delete(path);
    return withCheck(
      context,
      { status: "ok", text: describeEdit(path, outcome), paths: [path] },
      asked.check,
    );
  },
};

/** Null when the bytes would not survive decoding and encoding. A byte order mark is kept as a character. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Shows the place at once, so that the next call can be right without another one in between. */
function unseen(context: ToolContext, path: string, digest: string, text: string, old: string): ToolResult {
  const why = context.seen.has(path)
    ? `${path} has changed since you read it`
    : `You have not read ${path} yet`;
  context.seen.set(path, digest);
  return {
    status: "refused",
    text: `${why}. Nothing was changed. Around there it reads:\n${regionOf(text, old, 20)}`,
    paths: [path],
  };
}

const shownAround = 3;
const mostShown = 120;

/** The changed lines as they are now, with a few around them. */
function describeEdit(path: string, outcome: Extract<EditOutcome, { status: "edited" }>): string {
  const lines = splitLines(outcome.text);
  const windows: { from: number; to: number }[] = [];
  for (const { start, end } of outcome.changed) {
    const from = Math.max(1, lineNumberAt(outcome.text, start) - shownAround);
    const to = Math.min(lines.length, lineNumberAt(outcome.text, Math.max(start, end - 1)) + shownAround);
    const last = windows[windows.length - 1];
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else windows.push({ from, to });
  }
  let room = mostShown;
  const shown = windows.flatMap(({ from, to }) => {
    if (room <= 0) return [];
    const until = Math.min(to, from + room - 1);
    room -= until - from + 1;
    return [numberedLines(lines, from, until) + (until < to ? "\n…" : "")];
  });
  const liberties = outcome.rungs.flatMap((rung, index) =>
    rung === "exactly" ? [] : [`Edit ${index + 1} was found after ignoring a difference in ${rung}.`],
  );
  return [`Edited ${path}.`, ...liberties, shown.join("\n…\n")].join("\n");
}
