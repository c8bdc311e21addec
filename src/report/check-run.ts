import type { Run } from "../run/run.ts";
import { type Button, buttonsOf } from "./buttons.ts";
import { renderProgress } from "./progress.ts";
import { type Conclusion, wordsFor } from "./words.ts";

interface Face {
  conclusion: Conclusion;
  title: string;
  summary: string;
  actions: readonly Button[];
}

/** On a commit that is no longer the head: it says nothing for or against it, and has no buttons. */
export function renderFormerCheckRun(head: string): Face {
  return {
    conclusion: "neutral",
    title: "A newer commit took its place",
    summary: `The run went on at ${head}; the check run \`Fixpoint\` there has the rest.`,
    actions: [],
  };
}

/** The check run `Fixpoint` on a head SHA: one line, the progress below, and buttons. */
export function renderCheckRun(run: Run): Face {
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
