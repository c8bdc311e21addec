import type { Run } from "./run.ts";
import { totalSpending } from "./spending.ts";
import { formatUsd, type NanoUsd } from "./usage.ts";

/**
 * May a call that costs at worst `worst` begin? Money is reserved before it is spent: what is spent, what open calls hold and
 * this call together stay within the cap, so a cap is never passed, however late a provider says what a call cost.
 */
export function mayReserve(
  run: Run,
  worst: NanoUsd,
): { verdict: "allow" } | { verdict: "deny"; because: string } {
  const { spent, reserved } = totalSpending(run);
  const cap = run.limits.nanoUsd;
  if (spent + reserved + worst <= cap) return { verdict: "allow" };
  return {
    verdict: "deny",
    because: `The next model call may cost up to ${formatUsd(worst)}; ${formatUsd(spent + reserved)} of ${formatUsd(cap)} is spent.`,
  };
}
