import type { Run, Step } from "../run/run.ts";
import { neutralise, plainLine, shorten } from "./quote.ts";

/** What the repository wants of its commits. */
export interface CommitHabits {
  convention: "plain" | "conventional";
  /** `Name <mail>`, when contributions must be signed off (developercertificate.org) */
  signOff: string | null;
}

/**
 * The message of a step's commit, and its trailers in the order in which git reads them. The trailers are how the commit is known again:
 * GitHub stamps the time, so its SHA cannot be foreseen.
 */
export function renderCommitMessage(
  run: Run,
  step: Step,
  habits: CommitHabits,
): { message: string; trailers: (readonly [name: string, value: string])[] } {
  const title = plainLine(step.title, 72);
  const subject = habits.convention === "conventional" ? conventional(title) : title;
  const summary = step.checkpoint ? neutralise(shorten(step.checkpoint.summary.trim(), 2_000)) : "";
  return {
    message: [subject, summary].filter((part) => part !== "").join("\n\n"),
    trailers: [
      ["Agent-Run", run.id],
      ["Agent-Step", `${step.number}/${run.steps.length}`],
      ["Agent-Plan", run.planHash ?? ""],
      ["Agent-Tree", step.checkpoint?.tree ?? ""],
      ...(habits.signOff ? [["Signed-off-by", habits.signOff] as const] : []),
    ],
  };
}

const KNOWN_TYPE = /^(build|chore|ci|docs|feat|fix|perf|refactor|style|test)(\([\w./-]+\))?!?: /;

function conventional(title: string): string {
  return KNOWN_TYPE.test(title) ? title : `fix: ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
}
