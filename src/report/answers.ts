import type { Run } from "../run/run.ts";
import { totalSpending } from "../run/spending.ts";
import { formatUsd } from "../run/usage.ts";
import { quoteLine } from "./quote.ts";
import { wordsFor } from "./words.ts";

/** How a command is written, and what it does. */
export interface Usage {
  usage: string;
  means: string;
}

/** Short answers to `/agent` comments and to labels. Each says what to do next. */
export function answerHelp(usages: readonly Usage[]): string {
  const lines = usages.map(({ usage, means }) => `- \`${usage}\`: ${means}`);
  return ["What I understand, as the first line of a new comment:", "", ...lines].join("\n");
}

export function answerUnknown(text: string, nearest: Usage | null, usages: readonly Usage[]): string {
  const typed = quoteLine(text, 60).replaceAll("`", "'");
  if (nearest)
    return `I do not know "${typed}". Did you mean \`${nearest.usage}\`? It does this: ${nearest.means}.`;
  return `I do not know "${typed}". ${answerHelp(usages)}`;
}

export function answerNotAllowed(login: string): string {
  return `Thank you, @${login}. Only people who can write to this repository may ask me to work here; one of them can do it for you.`;
}

export function answerTooMany(login: string): string {
  return `@${login}, you have started as many runs within the last hour as one person may here. This issue and the next ones wait for their turn, and begin by themselves; take the label off what is not to begin.`;
}

export function answerNoRun(label: string): string {
  return `There is no run here yet. Put the label \`${label.replaceAll("`", "'")}\` on the issue to start one.`;
}

export function answerNothingAsked(run: Run): string {
  const { sentence } = wordsFor(run);
  return `The run is under way and has not stopped, so there is nothing to try again. ${sentence} To end it, comment \`/agent stop\`.`;
}

export function answerEnded(run: Run): string {
  const { sentence, next } = wordsFor(run);
  return `The run has already ended. ${sentence} ${next}`;
}

export function answerNoStep(step: number, run: Run): string {
  const there = run.steps.length === 0 ? "the run has no plan yet" : `the steps are 1 to ${run.steps.length}`;
  return `There is no step ${step}: ${there}. Without a number, \`/agent retry\` goes on where the run stopped.`;
}

export function answerStatus(run: Run): string {
  const { sentence, next } = wordsFor(run);
  const done = run.steps.filter((step) => step.status === "done").length;
  const steps = run.steps.length > 0 ? `${done} of ${run.steps.length} steps done` : "no plan yet";
  const spent = `${formatUsd(totalSpending(run).spent)} of ${formatUsd(run.limits.nanoUsd)} spent`;
  const pull = run.published ? ` · #${run.published.pullNumber}` : "";
  return `**${run.status.replaceAll("_", " ")}** · ${steps} · ${spent}${pull}\n\n${sentence}\n\n${next}`;
}
