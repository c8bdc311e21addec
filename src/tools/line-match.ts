/** A stretch of a text, in characters, and what takes its place. */
export interface Replacement {
  start: number;
  end: number;
  text: string;
}

export interface Line {
  start: number;
  /** without the line ending */
  text: string;
  /** `\n`, `\r\n`, or nothing at the end of the text */
  ending: string;
}

export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const found of text.matchAll(/([^\n]*?)(\r?\n|$)/gy)) {
    const [, content = "", ending = ""] = found;
    if (content === "" && ending === "" && lines.length > 0) break;
    lines.push({ start: found.index, text: content, ending });
    if (ending === "") break;
  }
  return lines;
}

/** How lines may differ from those of the file, and what that means for the new ones; null when they differ in another way. */
export type LineRule = (
  file: readonly string[],
  old: readonly string[],
  fresh: readonly string[],
) => readonly string[] | null;

/** Equal but for blanks at the end of lines. */
export const ignoringTrailingBlanks: LineRule = (file, old, fresh) =>
  file.every((line, index) => line.trimEnd() === old[index]?.trimEnd()) ? fresh : null;

/** Equal but for one indentation that all lines have more, or all have less: the new lines are indented likewise. */
export const shiftedUniformly: LineRule = (file, old, fresh) => {
  const at = old.findIndex((line) => line.trim() !== "");
  const here = indentOf(file[at] ?? "");
  const there = indentOf(old[at] ?? "");
  const shift = (lines: readonly string[], by: (line: string) => string | null) =>
    lines.map((line) => (line.trim() === "" ? "" : by(line)));
  if (here.length > there.length && here.endsWith(there)) {
    const more = here.slice(0, here.length - there.length);
    const add = (line: string) => more + line;
    return sameLines(file, shift(old, add)) ? complete(shift(fresh, add)) : null;
  }
  if (there.length > here.length && there.endsWith(here)) {
    const less = there.slice(0, there.length - here.length);
    const drop = (line: string) => (line.startsWith(less) ? line.slice(less.length) : null);
    return sameLines(file, shift(old, drop)) ? complete(shift(fresh, drop)) : null;
  }
  return null;
};

/**
 * Every place at which whole lines of `lines` agree with `old` by the rule. Lines that `old` and `fresh` share at the beginning and
 * the end stay as they are in the file, with their blanks and endings: only what really changes is replaced.
 */
export function matchLines(
  lines: readonly Line[],
  old: string,
  fresh: string,
  ending: string,
  rule: LineRule,
): Replacement[] {
  const oldLines = contentLines(old);
  const freshLines = contentLines(fresh);
  if (oldLines.every((line) => line.trim() === "")) return [];
  const closes = old.endsWith("\n");
  const found: Replacement[] = [];
  for (let first = 0; first + oldLines.length <= lines.length; first++) {
    const window = lines.slice(first, first + oldLines.length);
    const adapted = rule(
      window.map((line) => line.text),
      oldLines,
      freshLines,
    );
    if (adapted)
      found.push(
        replacementFor(window, oldLines, freshLines, adapted, {
          closes,
          freshCloses: fresh.endsWith("\n"),
          ending,
        }),
      );
  }
  return found;
}

function replacementFor(
  window: readonly Line[],
  old: readonly string[],
  fresh: readonly string[],
  adapted: readonly string[],
  form: { closes: boolean; freshCloses: boolean; ending: string },
): Replacement {
  const head = sharedCount(old, fresh);
  const tail = Math.min(
    sharedCount([...old].reverse(), [...fresh].reverse()),
    Math.min(old.length, fresh.length) - head,
  );
  const kept = (index: number): Line | undefined => {
    if (index < head) return window[index];
    return index >= fresh.length - tail ? window[window.length - (fresh.length - index)] : undefined;
  };
  const last = window[window.length - 1];
  const lastEnding = last?.ending ?? "";
  const pieces = fresh.map((_, index) => {
    const line = kept(index);
    const isLast = index === fresh.length - 1;
    const content = line?.text ?? adapted[index] ?? "";
    if (!isLast) return content + (line?.ending || form.ending);
    // The ending of the last line belongs to the match only when `old` ended with one.
    return content + (form.closes && form.freshCloses ? lastEnding : "");
  });
  const start = window[0]?.start ?? 0;
  const end = (last?.start ?? 0) + (last?.text.length ?? 0) + (form.closes ? lastEnding.length : 0);
  return { start, end, text: fresh.length === 0 ? "" : pieces.join("") + openEnd(form, last) };
}

/** `new` ends with a line break where `old` did not: then one more is wanted. */
function openEnd(
  form: { closes: boolean; freshCloses: boolean; ending: string },
  last: Line | undefined,
): string {
  return !form.closes && form.freshCloses && last ? form.ending : "";
}

/** The lines of a piece of text; its last line ending closes the last line and starts no other. Nothing is no line. */
function contentLines(text: string): string[] {
  if (text === "") return [];
  return text.replace(/\r\n/g, "\n").replace(/\n$/, "").split("\n");
}

function sharedCount(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}

function sameLines(file: readonly string[], shifted: readonly (string | null)[]): boolean {
  return file.every((line, index) => line.trimEnd() === shifted[index]?.trimEnd());
}

function complete(lines: readonly (string | null)[]): string[] | null {
  const full = lines.filter((line) => line !== null);
  return full.length === lines.length ? full : null;
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
