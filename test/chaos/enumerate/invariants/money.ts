import { costOf, publicPrices } from "../../../../src/agent/prices.ts";
import { totalSpending } from "../../../../src/run/spending.ts";
import type { Played } from "../play.ts";

export function money({ outside }: Played): string[] {
  const run = outside.run();
  if (!run) return [];
  const { spent, reserved } = totalSpending(run);
  const billed = outside.bill.reduce((sum, call) => sum + costOf(call.model, call.usage, publicPrices), 0);
  const cap = run.limits.nanoUsd;
  return [
    ...(spent + reserved > cap ? [`${spent + reserved} is counted as spent, and ${cap} is allowed`] : []),
    ...(billed > cap ? [`${billed} was spent, and ${cap} is allowed`] : []),
    ...(billed > spent + reserved ? [`${billed} was spent, and only ${spent + reserved} is counted`] : []),
  ];
}
