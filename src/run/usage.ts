import { z } from "zod";

/** Tokens of one model call, as the provider counted them; `counted` says whether it did, or we assumed the worst. */
export const usageSchema = z.object({
  /** all prompt tokens, cached ones included */
  inputTokens: z.int().nonnegative(),
  /** the part of `inputTokens` that the provider served from its prompt cache */
  cachedTokens: z.int().nonnegative(),
  /** all answer tokens, reasoning included */
  outputTokens: z.int().nonnegative(),
  counted: z.enum(["by_provider", "pessimistically"]),
});
export type Usage = z.infer<typeof usageSchema>;

/** Money is whole nano-dollars, so that sums are exact: $1 = 1,000,000,000. */
export const nanoUsdSchema = z.int().nonnegative();
export type NanoUsd = number;
export const NANO_USD_PER_USD = 1_000_000_000;

export function nanoUsd(usd: number): NanoUsd {
  return Math.round(usd * NANO_USD_PER_USD);
}

/** `$0.0412`, with four digits below a dollar, where runs live, and two above. */
export function formatUsd(amount: NanoUsd): string {
  const usd = amount / NANO_USD_PER_USD;
  return usd !== 0 && usd < 1 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}
