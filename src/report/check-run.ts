import type { Run } from "../run/run.ts";
import { renderProgress } from "./progress.ts";
import { type Conclusion, wordsFor } from "./words.ts";

/** The check run `Fixpoint` on a head SHA: one line, and the progress below. Buttons: label ≤ 20, description ≤ 40, identifier ≤ 20 characters (GitHub docs, "Create a check run"). */
export function renderCheckRun(run: Run): { conclusion: Conclusion; title: string; summary: string } {
  const { sentence, conclusion } = wordsFor(run);
  return { conclusion, title: firstSentence(sentence), summary: renderProgress(run) };
}

function firstSentence(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
