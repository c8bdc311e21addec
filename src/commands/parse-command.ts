import { cleanText } from "../run/clean-text.ts";
import { type Asked, type Verb, verbNames } from "./command.ts";

/** How each verb is written and what it does: the compiler asks for a line here when the union grows. */
export const verbs: Readonly<Record<Exclude<Asked["verb"], "unknown">, { usage: string; means: string }>> = {
  retry: {
    usage: "/agent retry [step N] [why…]",
    means: "go on where it stopped, or do step N again; what you write after it helps",
  },
  stop: { usage: "/agent stop", means: "end the run; branch and pull request stay" },
  status: { usage: "/agent status", means: "where the run is, what it cost, what it waits for" },
  help: { usage: "/agent help", means: "this list" },
};

/**
 * The command in a new comment, or null when there is none. It stands on the first line that is not blank; a line that is
 * quoted (`>`), indented by four or more (code), or inside a fence or backticks does not begin with `/agent`, so it is none.
 */
export function parseCommand(comment: string): Asked | null {
  const line = firstLine(comment);
  const match = /^ {0,3}\/agent(?:\s+(.*))?$/i.exec(line);
  if (!match) return null;
  const rest = cleanText(match[1] ?? "")
    .text.trim()
    .replace(/\s+/g, " ");
  const typed = /^[^\s.,:;!?]*/.exec(rest)?.[0] ?? "";
  const verb = verbNames.find((name) => name === typed.toLowerCase());
  switch (verb) {
    case "retry":
      return { verb, ...retryArguments(rest.slice(typed.length)) };
    case "stop":
    case "status":
    case "help":
      return { verb };
    case undefined:
      return rest === ""
        ? { verb: "help" }
        : { verb: "unknown", text: rest.slice(0, 80), nearest: nearestVerb(typed) };
    default:
      return verb satisfies never;
  }
}

function firstLine(comment: string): string {
  // A comment is at most 65,536 characters, but a payload need not come from GitHub's form: look at no more than its beginning.
  const lines = comment.slice(0, 4_000).split(/\r\n|\r|\n/);
  return lines.find((line) => line.trim() !== "")?.trimEnd() ?? "";
}

function retryArguments(text: string): { step: number | null; why: string | null } {
  const match = /^[\s.,:;!?-]*(?:step\s+#?(\d{1,3})(?![\w-]))?[\s.,:;!?-]*(.*)$/i.exec(text);
  const why = match?.[2]?.trim().slice(0, 500) ?? "";
  return { step: match?.[1] ? Number(match[1]) : null, why: why || null };
}

/** The verb that the fewest edits away, if at most half of the word is wrong. */
function nearestVerb(word: string): Verb | null {
  const typed = word.toLowerCase().slice(0, 20);
  const ranked = verbNames
    .map((name) => ({ name, edits: editDistance(typed, name) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(best.name.length, typed.length) / 2 ? best.name : null;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let former: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(former, j - 2) + 1);
      row.push(least);
    }
    former = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
