import {
  ignoringTrailingBlanks,
  linesOf,
  matchLines,
  type Replacement,
  shiftedUniformly,
} from "./line-match.ts";

export interface Edit {
  old: string;
  new: string;
  replaceAll: boolean;
}

/** Which liberty was taken to find the old text; `exactly` is none. */
type Rung = "exactly" | "line endings" | "trailing blanks" | "indentation";

export type EditOutcome =
  | {
      status: "edited";
      text: string;
      /** for each edit, how its old text was found */
      rungs: readonly Rung[];
      /** stretches of the new text that are new, in order */
      changed: readonly { start: number; end: number }[];
    }
  | { status: "not_found"; edit: number }
  | { status: "ambiguous"; edit: number; rung: Rung; at: readonly number[] }
  | { status: "empty_old"; edit: number }
  | { status: "same"; edit: number };

/**
 * Applies all edits in order, or none. Old text is looked for exactly; then with other line endings; then ignoring blanks at the end of
 * lines; then with one indentation more or less on every line. Each liberty is taken only where it leads to one place, so nothing is
 * ever changed by luck; and nothing outside the found stretch changes, be it encoded or indented as it may.
 */
export function applyEdits(original: string, edits: readonly Edit[]): EditOutcome {
  let text = original;
  let changed: { start: number; end: number }[] = [];
  const rungs: Rung[] = [];
  for (const [index, edit] of edits.entries()) {
    if (edit.old === edit.new) return { status: "same", edit: index };
    if (edit.old === "" && text !== "") return { status: "empty_old", edit: index };
    const found = edit.old === "" ? fillEmpty(edit) : find(text, edit);
    if (!found) return { status: "not_found", edit: index };
    const { rung, places } = found;
    if (places.length > 1 && !edit.replaceAll) {
      return { status: "ambiguous", edit: index, rung, at: places.map((place) => place.start) };
    }
    for (const place of apart(places).reverse()) {
      text = text.slice(0, place.start) + place.text + text.slice(place.end);
      changed = noteChange(changed, place);
    }
    rungs.push(rung);
  }
  if (text === original) return { status: "same", edit: edits.length - 1 };
  return { status: "edited", text, rungs, changed: changed.sort((a, b) => a.start - b.start) };
}

function fillEmpty(edit: Edit): { rung: Rung; places: Replacement[] } {
  return { rung: "exactly", places: [{ start: 0, end: 0, text: edit.new }] };
}

function find(text: string, edit: Edit): { rung: Rung; places: Replacement[] } | null {
  const ending = lineEnding(text);
  const exact = indicesOf(text, edit.old).map((start) => ({
    start,
    end: start + edit.old.length,
    text: inStyle(edit.new, ending),
  }));
  if (exact.length > 0) return { rung: "exactly", places: exact };
  const otherEndings = matchAnyEnding(text, edit, ending);
  if (otherEndings.length > 0) return { rung: "line endings", places: otherEndings };
  const lines = linesOf(text);
  const fallback = ending ?? "\n";
  const blanks = matchLines(lines, edit.old, edit.new, fallback, ignoringTrailingBlanks);
  if (blanks.length > 0) return { rung: "trailing blanks", places: blanks };
  const shifted = matchLines(lines, edit.old, edit.new, fallback, shiftedUniformly);
  return shifted.length > 0 ? { rung: "indentation", places: shifted } : null;
}

/** All places, overlapping ones too: a match that overlaps another is not unique. */
function indicesOf(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
}

function matchAnyEnding(text: string, edit: Edit, ending: string | null): Replacement[] {
  if (!text.includes("\r\n") && !edit.old.includes("\r\n")) return [];
  const plain = text.replace(/\r\n/g, "\n");
  const old = edit.old.replace(/\r\n/g, "\n");
  const places = indicesOf(plain, old);
  if (places.length === 0) return [];
  const origin = originOf(text);
  return places.map((at) => {
    const start = origin[at] ?? 0;
    const end = origin[at + old.length] ?? text.length;
    const local = ending ?? (text.slice(start, end).includes("\r\n") ? "\r\n" : "\n");
    return { start, end, text: inStyle(edit.new, local) };
  });
}

/** For each character of the text with `\n` for `\r\n`, and for its end, where it stands in the text itself. */
function originOf(text: string): number[] {
  const origin: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    origin.push(at);
    if (text[at] === "\r" && text[at + 1] === "\n") at += 1;
  }
  return origin;
}

/** The line ending that the whole text uses; null when it uses both or none. */
function lineEnding(text: string): "\n" | "\r\n" | null {
  const all = text.split("\n").length - 1;
  const windows = text.split("\r\n").length - 1;
  if (all === 0 || (windows > 0 && windows < all)) return null;
  return windows === 0 ? "\n" : "\r\n";
}

function inStyle(text: string, ending: string | null): string {
  return ending === null ? text : text.replace(/\r\n/g, "\n").replace(/\n/g, ending);
}

function apart(places: readonly Replacement[]): Replacement[] {
  const kept: Replacement[] = [];
  for (const place of places) {
    const last = kept[kept.length - 1];
    if (!last || place.start >= last.end) kept.push(place);
  }
  return kept;
}

/** Moves what was noted before to where it stands after this change. */
function noteChange(
  changed: readonly { start: number; end: number }[],
  place: Replacement,
): { start: number; end: number }[] {
  const grown = place.text.length - (place.end - place.start);
  const fresh = { start: place.start, end: place.start + place.text.length };
  const moved: { start: number; end: number }[] = [];
  for (const stretch of changed) {
    if (stretch.end <= place.start) moved.push(stretch);
    else if (stretch.start >= place.end)
      moved.push({ start: stretch.start + grown, end: stretch.end + grown });
    else {
      fresh.start = Math.min(fresh.start, stretch.start);
      fresh.end = Math.max(fresh.end, stretch.end + grown);
    }
  }
  return [...moved, fresh];
}
