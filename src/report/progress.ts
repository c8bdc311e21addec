import type { Run, Step } from "../run/run.ts";
import { totalSpending } from "../run/spending.ts";
import { formatUsd } from "../run/usage.ts";
import { quoteLine } from "./quote.ts";
import { wordsFor } from "./words.ts";

const BAR_CELLS = 20;

/** The one comment on the issue that is edited in place: where the run is, what it cost so far, what comes next. */
export function renderProgress(run: Run): string {
  const { sentence, next } = wordsFor(run);
  const lines = [
    `**Fixpoint** · ${headline(run)}`,
    "",
    `\`${bar(run)}\` ${stepsDone(run)} · ${money(run)}`,
    "",
  ];
  if (run.steps.length > 0) lines.push(...stepTable(run.steps), "");
  lines.push(`**Now:** ${sentence}`, "", `**Next:** ${next}`, "", `<sub>${footer(run)}</sub>`);
  return lines.join("\n");
}

function headline(run: Run): string {
  const where = run.published
    ? `[#${run.published.pullNumber}](${run.published.pullUrl})`
    : `\`${run.request.branch}\``;
  return `${run.status.replaceAll("_", " ")} · ${where}`;
}

/** Planning is the first cell's worth of work and CI the last's, so the bar never stands at the end before the proof does. */
function bar(run: Run): string {
  const done = run.steps.filter((step) => step.status === "done").length;
  const parts = Math.max(1, run.steps.length) + 2;
  const green = run.gate?.verdict === "passed" ? 1 : 0;
  const share = ((run.plan ? 1 : 0) + done + green) / parts;
  const cells = Math.round(share * BAR_CELLS);
  return "█".repeat(cells) + "░".repeat(BAR_CELLS - cells);
}

function stepsDone(run: Run): string {
  if (run.steps.length === 0) return "no plan yet";
  const done = run.steps.filter((step) => step.status === "done").length;
  return `${done} of ${run.steps.length} steps done`;
}

function money(run: Run): string {
  return `${formatUsd(totalSpending(run).spent)} of ${formatUsd(run.limits.nanoUsd)}`;
}

function stepTable(steps: readonly Step[]): string[] {
  const rows = steps.map(
    (step) => `| ${mark(step)} | ${step.number}. ${quoteLine(step.title, 80)} | ${remark(step)} |`,
  );
  return ["| | Step | |", "|---|---|---|", ...rows];
}

function mark(step: Step): string {
  if (step.status === "done") return "✅";
  if (step.status === "running") return "▶️";
  return step.failures.length > 0 ? "🔁" : "▫️";
}

function remark(step: Step): string {
  if (step.commit) return `\`${step.commit.slice(0, 10)}\``;
  if (step.status === "done")
    return step.failures.length > 0 ? `done at attempt ${step.failures.length + 1}` : "done";
  const last = step.failures.at(-1);
  return last ? `attempt ${step.failures.length + 1}, after: ${quoteLine(last.because, 100)}` : "";
}

function footer(run: Run): string {
  const base = run.base ? ` · base \`${run.base.branch}\` at \`${run.base.sha.slice(0, 10)}\`` : "";
  const hidden = run.request.issue.hiddenSpans;
  const removed =
    hidden > 0
      ? ` · ${hidden} hidden ${hidden === 1 ? "span was" : "spans were"} removed from the issue's text`
      : "";
  return `asked by ${quoteLine(run.request.requestedBy.login)}${base} · cap ${formatUsd(run.limits.nanoUsd)}${removed} · \`${run.id}\``;
}
