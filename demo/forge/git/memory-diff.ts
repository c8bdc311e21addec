import type { File } from "./memory-tree.ts";
import type { ChangedFile } from "./object-store.ts";
import { ZERO_SHA } from "./objects.ts";

/** One file on two sides; null where it is not there. */
export type Pair = { path: string; before: File | null; after: File | null };

export function pairsOf(from: ReadonlyMap<string, File>, to: ReadonlyMap<string, File>): Pair[] {
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  return paths
    .map((path) => ({ path, before: from.get(path) ?? null, after: to.get(path) ?? null }))
    .filter(({ before, after }) => before?.sha !== after?.sha || before?.mode !== after?.mode);
}

type Read = (sha: string) => Buffer;

/** The unified diff of a file as `git diff --full-index` writes it. Binary files are told and not shown. */
export function diffOf({ path, before, after }: Pair, read: Read): string {
  const head = [`diff --git a/${path} b/${path}`];
  if (before === null) head.push(`new file mode ${after?.mode ?? ""}`);
  else if (after === null) head.push(`deleted file mode ${before.mode}`);
  else if (before.mode !== after.mode) head.push(`old mode ${before.mode}`, `new mode ${after.mode}`);
  if (before?.sha === after?.sha) return `${head.join("\n")}\n`;
  const mode = before !== null && before.mode === after?.mode ? ` ${before.mode}` : "";
  head.push(`index ${before?.sha ?? ZERO_SHA}..${after?.sha ?? ZERO_SHA}${mode}`);
  const hunks = hunksOf(before, after, read);
  const names = [before === null ? "/dev/null" : `a/${path}`, after === null ? "/dev/null" : `b/${path}`];
  if (hunks === null) return `${head.join("\n")}\nBinary files ${names[0]} and ${names[1]} differ\n`;
  if (hunks.length === 0) return `${head.join("\n")}\n`;
  return `${[...head, `--- ${names[0]}`, `+++ ${names[1]}`, ...hunks].join("\n")}\n`;
}

/** As GitHub lists it. Renames are told as one file gone and one made. */
export function changedFileOf(pair: Pair, read: Read): ChangedFile {
  const { path, before, after } = pair;
  const hunks = before?.sha === after?.sha ? [] : hunksOf(before, after, read);
  const lines = hunks ?? [];
  return {
    path,
    previousPath: null,
    status: before === null ? "added" : after === null ? "removed" : "modified",
    additions: lines.filter((line) => line.startsWith("+")).length,
    deletions: lines.filter((line) => line.startsWith("-")).length,
    sha: (after ?? before)?.sha ?? ZERO_SHA,
    patch: lines.length === 0 ? null : lines.join("\n"),
  };
}

type Line = { sign: " " | "-" | "+"; text: string };
const context = 3;

/** The lines of all hunks, `@@` lines included; null for binary files. */
function hunksOf(before: File | null, after: File | null, read: Read): string[] | null {
  const [old, now] = [before, after].map((file) => (file === null ? Buffer.alloc(0) : read(file.sha)));
  if (!old || !now || old.subarray(0, 8_000).includes(0) || now.subarray(0, 8_000).includes(0)) return null;
  const all = compare(linesOf(old.toString("utf8")), linesOf(now.toString("utf8")));
  return groups(all).flatMap(([from, to]) => hunk(all, from, to));
}

/** Lines with their ends, so that a last line without one differs from one with it. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The longest common subsequence by dynamic programming: files here are small. */
function compare(old: readonly string[], now: readonly string[]): Line[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? [];
    for (let j = now.length - 1; j >= 0; j--)
      row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const [gone, come] = [old[i], now[j]];
    if (gone !== undefined && gone === come) {
      lines.push({ sign: " ", text: gone });
      i++;
      j++;
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: "-", text: gone });
      i++;
    } else {
      lines.push({ sign: "+", text: come ?? "" });
      j++;
    }
  }
  return lines;
}

/** Changed places with three lines around them; places that touch are one. */
function groups(lines: readonly Line[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (const [index, line] of lines.entries()) {
    if (line.sign === " ") continue;
    const last = found.at(-1);
    if (last && index - context <= last[1]) last[1] = Math.min(lines.length, index + context + 1);
    else found.push([Math.max(0, index - context), Math.min(lines.length, index + context + 1)]);
  }
  return found;
}

function hunk(lines: readonly Line[], from: number, to: number): string[] {
  const count = (part: readonly Line[], sign: "-" | "+") =>
    part.filter((line) => line.sign === " " || line.sign === sign).length;
  const [before, inside] = [lines.slice(0, from), lines.slice(from, to)];
  const range = (sign: "-" | "+") => {
    const [start, length] = [count(before, sign), count(inside, sign)];
    return `${sign}${length === 0 ? start : start + 1}${length === 1 ? "" : `,${length}`}`;
  };
  // The nearest line above that could name a function, as git shows by default.
  const heading = before.findLast((line) => line.sign !== "+" && /^[A-Za-z_$]/.test(line.text))?.text ?? "";
  const title = heading === "" ? "" : ` ${heading.trimEnd().slice(0, 80)}`;
  return [
    `@@ ${range("-")} ${range("+")} @@${title}`,
    ...inside.flatMap(({ sign, text }) =>
      text.endsWith("\n") ? [sign + text.slice(0, -1)] : [sign + text, "\\ No newline at end of file"],
    ),
  ];
}
