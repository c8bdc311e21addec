import type { Run } from "../run/run.ts";
import type { Spending } from "../run/spending.ts";
import { totalSpending } from "../run/spending.ts";
import { formatUsd } from "../run/usage.ts";
import { quoteLine } from "./quote.ts";

/** What each phase and model cost, cached and fresh tokens apart, against the cap. */
export function renderCostSummary(run: Run): string {
  const total = totalSpending(run);
  const rows = Object.entries(run.spending).map(([part, spending]) => row(quoteLine(part), spending));
  return [
    `**Cost:** ${formatUsd(total.spent)} of ${formatUsd(run.limits.nanoUsd)} (${share(total.spent, run.limits.nanoUsd)}), in ${countCalls(total.calls)}.`,
    "",
    "| Phase · model | Calls | Input, fresh | Input, cached | Output | Cost |",
    "|---|--:|--:|--:|--:|--:|",
    ...rows,
    row("**Total**", total),
    "",
    `<sub>Prices: table \`${run.request.versions.prices}\`. Money is reserved before a call and settled after; a call that a crash cut off counts in full.</sub>`,
  ].join("\n");
}

/** `1 model call`, `12 model calls` */
export function countCalls(calls: number): string {
  return `${calls} model ${calls === 1 ? "call" : "calls"}`;
}

function row(name: string, spending: Spending): string {
  const fresh = spending.inputTokens - spending.cachedTokens;
  const cells = [spending.calls, count(fresh), count(spending.cachedTokens), count(spending.outputTokens)];
  return `| ${name} | ${cells.join(" | ")} | ${formatUsd(spending.spent)} |`;
}

function count(tokens: number): string {
  return tokens.toLocaleString("en-US");
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
