import { splitLines } from "../tools/numbered-lines.ts";
import { fileTree } from "./file-tree.ts";
import { type Clues, findClues } from "./issue-clues.ts";
import { decodeText, type Surroundings } from "./open-files.ts";
import { outline } from "./outline.ts";

interface Hit {
  path: string;
  /** from 1 */
  line: number;
  text: string;
}

/** Searches the given files for a literal string; a few hits a file are enough. */
export type SearchFiles = (literal: string, files: readonly string[]) => Promise<readonly Hit[]>;

/** Together about 2,500 tokens: a wrong file costs twice what a right one saves, so only what clearly points somewhere. */
const most = { treeLines: 70, topFiles: 6, hitsPerFile: 5, outlineLines: 14, characters: 9_000 };

/**
 * What can be found without a model before it is first asked: the tree, the files that the issue names or whose lines hold its words,
 * ranked by how rare those words are, with an outline of each. The same repository and issue always give the same text.
 */
export async function mapRepository(
  deps: Surroundings & { issue: { title: string; body: string }; search: SearchFiles },
): Promise<string> {
  const files = (await deps.workspace.list()).filter((file) => deps.mayRead(file));
  const clues = findClues(`${deps.issue.title}\n${deps.issue.body}`);
  const found = await Promise.all(
    clues.words.map(async (word) => ({ word, hits: await deps.search(word, files) })),
  );
  const ranked = rank(files, clues, found).slice(0, most.topFiles);
  const parts = [`Files (${files.length}):\n${fileTree(files, most.treeLines).join("\n")}`];
  for (const file of ranked) parts.push(await describe(deps.workspace, file));
  return withinBudget(parts);
}

interface Ranked {
  path: string;
  score: number;
  hits: readonly Hit[];
}

function rank(files: readonly string[], clues: Clues, found: readonly { hits: readonly Hit[] }[]): Ranked[] {
  const ranked = new Map<string, { score: number; hits: Hit[] }>();
  const at = (path: string) => {
    const entry = ranked.get(path) ?? { score: 0, hits: [] };
    ranked.set(path, entry);
    return entry;
  };
  for (const clue of clues.paths) {
    const named = files.filter(
      (file) => file === clue.path || file.endsWith(`/${clue.path}`) || clue.path.endsWith(`/${file}`),
    );
    for (const file of named.slice(0, 3)) {
      at(file).score += 10 / named.length;
      if (clue.line !== null)
        at(file).hits.push({ path: file, line: clue.line, text: "(named in the issue)" });
    }
  }
  for (const { hits } of found) {
    const paths = new Set(hits.map((hit) => hit.path));
    // A word that stands everywhere tells nothing.
    if (paths.size > 40) continue;
    for (const path of paths) at(path).score += (2 / paths.size) * (isSource(path) ? 1 : 0.3);
    for (const hit of hits) at(hit.path).hits.push(hit);
  }
  return [...ranked]
    .map(([path, entry]) => ({ path, ...entry }))
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
}

function isSource(path: string): boolean {
  return !/\.(md|txt|json|lock|ya?ml|snap|csv|svg|html?)$|(^|\/)(dist|vendor|third_party|node_modules)\//i.test(
    path,
  );
}

async function describe(workspace: Surroundings["workspace"], file: Ranked): Promise<string> {
  const content = await workspace.read(file.path).catch(() => null);
  const text = content ? decodeText(content.bytes) : null;
  const byLine = new Map(file.hits.map((hit) => [hit.line, hit.text.trim().slice(0, 160)]));
  const hits = [...byLine].sort(([a], [b]) => a - b).slice(0, most.hitsPerFile);
  const lines = hits.map(([line, found]) => `${line}|${found}`);
  const declared =
    text === null ? [] : outline(text, most.outlineLines).filter((line) => !byLine.has(lineOf(line)));
  return [
    `${file.path}${text === null ? "" : ` (${splitLines(text).length} lines)`}`,
    ...(lines.length > 0 ? ["holds words of the issue:", ...lines] : []),
    ...(declared.length > 0 ? ["declares:", ...declared] : []),
  ].join("\n");
}

function lineOf(outlined: string): number {
  return Number.parseInt(outlined, 10);
}

function withinBudget(parts: readonly string[]): string {
  let text = "";
  for (const part of parts) {
    if (text !== "" && text.length + part.length > most.characters) continue;
    text += text === "" ? part : `\n\n${part}`;
  }
  return text.slice(0, most.characters);
}
