import type { Run } from "../run/run.ts";
import { type Button, buttonsOf } from "./buttons.ts";
import { renderProgress } from "./progress.ts";
import { type Conclusion, wordsFor } from "./words.ts";

/** The check run `Fixpoint` on a head SHA: one line, the progress below, and buttons. */
export function renderCheckRun(run: Run): {
  conclusion: Conclusion;
  title: string;
  summary: string;
  actions: readonly Button[];
} {
  const { sentence, conclusion } = wordsFor(run);
  return {
    conclusion,
    title: firstSentence(sentence),
    summary: renderProgress(run),
    actions: buttonsOf(run),
  };
}

function firstSentence(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
