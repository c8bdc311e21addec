import { createHash } from "node:crypto";
import type { NanoUsd, Usage } from "../run/usage.ts";
import type { ModelRequest } from "./model.ts";
import { worstUsage } from "./token-bounds.ts";

/** Nano-dollars a token: $1 a million tokens is 1,000. */
export interface Price {
  input: number;
  /** input that the provider served from its prompt cache */
  cached: number;
  output: number;
}

export interface PriceTable {
  /** recorded with each run; the day of the table and, after `+`, a digest of the operator's own rows */
  version: string;
  rows: ReadonlyMap<string, Price>;
}

/** Day on which the public list prices below were last compared (standard tier, short context). */
const tableDate = "2026-11-20";

/**
 * From the GPT-5.6 families on, writing the prompt cache costs 1.25 times the input price, and usage does not always say how
 * much was written: their input stands here with that surcharge, so that a bill is never above our count.
 */
const table: Readonly<Record<string, Price>> = {
  "gpt-6.1-sol": { input: 2_500, cached: 100, output: 10_000 },
  "gpt-6.1-terra": { input: 1_250, cached: 50, output: 5_000 },
  "gpt-6-astra": { input: 12_500, cached: 1_000, output: 50_000 },
  "gpt-6-sol": { input: 2_500, cached: 200, output: 10_000 },
  "gpt-6-luna": { input: 125, cached: 10, output: 500 },
  "gpt-5.6-sol": { input: 6_250, cached: 500, output: 30_000 },
  "gpt-5.6-terra": { input: 2_500, cached: 200, output: 12_000 },
  "gpt-5.6-luna": { input: 250, cached: 20, output: 1_200 },
  "gpt-5.5-pro": { input: 30_000, cached: 30_000, output: 180_000 },
  "gpt-5.5": { input: 5_000, cached: 500, output: 30_000 },
  "gpt-5.4-pro": { input: 30_000, cached: 30_000, output: 180_000 },
  "gpt-5.4": { input: 2_500, cached: 250, output: 15_000 },
  "gpt-5.4-mini": { input: 750, cached: 75, output: 4_500 },
  "gpt-5.4-nano": { input: 200, cached: 20, output: 1_250 },
  "gpt-5.3-codex": { input: 1_750, cached: 175, output: 14_000 },
  "gpt-5.2": { input: 1_750, cached: 175, output: 14_000 },
  "gpt-5.1": { input: 1_250, cached: 125, output: 10_000 },
  "gpt-5": { input: 1_250, cached: 125, output: 10_000 },
  "gpt-5-mini": { input: 250, cached: 25, output: 2_000 },
  "gpt-5-nano": { input: 50, cached: 5, output: 400 },
  "gpt-4.1": { input: 2_000, cached: 500, output: 8_000 },
  "gpt-4.1-mini": { input: 400, cached: 100, output: 1_600 },
};

/** Above this many input tokens the newer families charge up to twice the input and one and a half times the output. */
const longContextTokens = 200_000;

export const publicPrices: PriceTable = { version: tableDate, rows: new Map(Object.entries(table)) };

/** The operator's rows come first: prices of other providers, discounts, or zero for a model of one's own. */
export function withOperatorPrices(operator: Readonly<Record<string, Price>>): PriceTable {
  const entries = Object.entries(operator).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return publicPrices;
  const digest = createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 8);
  return { version: `${tableDate}+${digest}`, rows: new Map([...publicPrices.rows, ...entries]) };
}

/** `known` is no for a model that stands in no row: it is costed like the most expensive one, and people are to be told. */
export function priceOf(model: string, prices = publicPrices): { price: Price; known: "yes" | "no" } {
  const price = prices.rows.get(model) ?? prices.rows.get(bareName(model));
  if (price) return { price, known: "yes" };
  const most = (part: keyof Price) => Math.max(...[...prices.rows.values()].map((row) => row[part]));
  return { price: { input: most("input"), cached: most("cached"), output: most("output") }, known: "no" };
}

export function costOf(model: string, usage: Usage, prices = publicPrices): NanoUsd {
  const { price } = priceOf(model, prices);
  const cached = Math.min(usage.cachedTokens, usage.inputTokens);
  const input = (usage.inputTokens - cached) * price.input + cached * price.cached;
  const long = usage.inputTokens > longContextTokens;
  return Math.ceil(input * (long ? 2 : 1) + usage.outputTokens * price.output * (long ? 1.5 : 1));
}

/** The most that a request can cost: what is reserved before it is sent. */
export function worstCase(request: ModelRequest, prices = publicPrices): NanoUsd {
  return costOf(request.model, worstUsage(request), prices);
}

/** `openai/gpt-5.5-2026-04-23` is `gpt-5.5`: without a router's prefix and the day of a snapshot. */
function bareName(model: string): string {
  return model.replace(/^.*\//, "").replace(/-\d{4}-\d{2}-\d{2}$/, "");
}
