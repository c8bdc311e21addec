import { closestRegion } from "./closest-region.ts";
import type { Edit, EditOutcome } from "./edit-ladder.ts";
import { lineNumberAt, numberedLines, splitLines } from "./numbered-lines.ts";

const patience = 3;

/** Why no edit was made, with what the model needs to do better: line numbers, or the text it should have copied. */
export function describeFailure(
  path: string,
  text: string,
  edits: readonly Edit[],
  outcome: Exclude<EditOutcome, { status: "edited" }>,
  failures: number,
): string {
  const old = edits[outcome.edit]?.old ?? "";
  const which = edits.length > 1 ? `Edit ${outcome.edit + 1} of ${edits.length}` : "The edit";
  const around = failures >= patience ? 30 : 5;
  const advice =
    failures >= patience
      ? `\nThis file was missed ${failures} times. Copy old from the lines above without their numbers, replace a larger block, or delete the file and create it anew.`
      : "";
  return `${path} was not changed. ${reason(which, text, old, outcome)}${outcome.status === "same" ? "" : region(text, old, around, outcome)}${advice}`;
}

function reason(
  which: string,
  text: string,
  old: string,
  outcome: Exclude<EditOutcome, { status: "edited" }>,
): string {
  switch (outcome.status) {
    case "same":
      return `${which} leaves everything as it is.`;
    case "empty_old":
      return `${which} has an empty old text; to add something, give the line before it as old, and both as new.`;
    case "ambiguous": {
      const lines = outcome.at.slice(0, 20).map((at) => lineNumberAt(text, at));
      return `${which} fits ${outcome.at.length} places (lines ${lines.join(", ")}); add lines to old until it fits one, or set replace_all.`;
    }
    case "not_found": {
      const numbered = old.split("\n").every((line) => /^\s*\d+\|/.test(line));
      const hint = numbered
        ? " The line numbers of read_file (12|) are not in the file; leave them out."
        : "";
      return `${which}: its old text is not in the file${which === "The edit" ? "" : " as the edits before it leave it"}.${hint}`;
    }
  }
}

function region(
  text: string,
  old: string,
  around: number,
  outcome: Exclude<EditOutcome, { status: "edited" }>,
): string {
  return outcome.status === "not_found" ? ` The closest lines are:\n${regionOf(text, old, around)}` : "";
}

/** The lines where `old` was most likely meant to be, with `around` lines on both sides. */
export function regionOf(text: string, old: string, around: number): string {
  const lines = splitLines(text);
  const { from, to } = closestRegion(lines, old);
  return numberedLines(lines, Math.max(1, from - around), Math.min(lines.length, to + around));
}
