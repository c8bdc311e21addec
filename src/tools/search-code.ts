import { z } from "zod";
import { folderPath } from "./allowed-path.ts";
import { type Hit, mostPerFile, type SearchOutcome, searchFiles } from "./ripgrep.ts";
import type { Tool, ToolContext } from "./tool.ts";

const input = z.strictObject({
  pattern: z.string().describe("regular expression, without look-around"),
  path: z.string().nullable().describe("folder or file; null for all"),
});

const mostShown = 80;

export const searchCode: Tool<z.infer<typeof input>> = {
  name: "search_code",
  description: "Search the repository's files for a pattern, line by line.",
  input,
  access: "read",
  async run({ pattern, path }, context) {
    if (pattern === "" || pattern.length > 500) {
      return { status: "failed", text: "Give a pattern of 1 to 500 characters.", paths: [] };
    }
    const folder = folderPath(context, path);
    const files = (await context.workspace.list(folder)).filter((file) => context.mayRead(file));
    if (files.length === 0)
      return { status: "failed", text: `There are no files below ${folder || "the root"}.`, paths: [] };
    const { hits, note } = await searchKindly(context, files, pattern);
    if (hits.length === 0)
      return { status: "ok", text: `${note}No match in ${files.length} files.`, paths: [] };
    return {
      status: "ok",
      text: note + grouped(hits),
      paths: [...new Set(hits.slice(0, mostShown).map((hit) => hit.path))],
    };
  },
};

/** A pattern that is no regular expression is taken as plain text, and a search in vain is repeated without case: both save a turn. */
async function searchKindly(
  context: ToolContext,
  files: readonly string[],
  pattern: string,
): Promise<{ hits: readonly Hit[]; note: string }> {
  const search = (flags: Parameters<typeof searchFiles>[0]["flags"]): Promise<SearchOutcome> =>
    searchFiles({ root: context.workspace.root, files, pattern, flags, signal: context.signal });
  const first = await search([]);
  if (first.problem !== null) {
    const plain = await search(["--fixed-strings"]);
    return {
      hits: plain.hits,
      note: "The pattern is no valid regular expression; searched for it as plain text.\n",
    };
  }
  if (first.hits.length > 0) return { hits: first.hits, note: "" };
  const anyCase = await search(["--ignore-case"]);
  return {
    hits: anyCase.hits,
    note: anyCase.hits.length > 0 ? "No match in this case; ignoring case:\n" : "",
  };
}

function grouped(hits: readonly Hit[]): string {
  const lines: string[] = [];
  let last = "";
  for (const hit of hits.slice(0, mostShown)) {
    if (hit.path !== last) lines.push(hit.path + cutNote(hits, hit.path));
    last = hit.path;
    lines.push(`${hit.line}|${hit.text}`);
  }
  const rest = hits.slice(mostShown);
  if (rest.length > 0) {
    const files = new Set(rest.map((hit) => hit.path)).size;
    lines.push(`… and ${rest.length} more matches in ${files} files; narrow the pattern or the folder.`);
  }
  return lines.join("\n");
}

function cutNote(hits: readonly Hit[], path: string): string {
  return hits.filter((hit) => hit.path === path).length >= mostPerFile
    ? ` (its first ${mostPerFile} matches)`
    : "";
}
