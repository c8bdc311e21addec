import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../src/agent/model.ts";
import { costOf, priceOf, publicPrices, withOperatorPrices, worstCase } from "../../src/agent/prices.ts";
import { inputTokensAtMost } from "../../src/agent/token-bounds.ts";
import { formatUsd } from "../../src/run/usage.ts";

const usage = {
  inputTokens: 10_000,
  cachedTokens: 8_000,
  outputTokens: 500,
  counted: "by_provider" as const,
};

describe("prices", () => {
  it("cost fresh input, cached input and output each at its price, in whole nano-dollars", () => {
    // 2,000 × $5 + 8,000 × $0.50 + 500 × $30, each a million
    expect(costOf("gpt-5.5", usage)).toBe(29_000_000);
    expect(formatUsd(costOf("gpt-5.5", usage))).toBe("$0.0290");
  });

  it("count a cache write with the input of the families that charge for it", () => {
    expect(costOf("gpt-5.6-sol", { ...usage, cachedTokens: 0 })).toBe(10_000 * 6_250 + 500 * 30_000);
  });

  it("find a model behind a router's prefix and a snapshot's date", () => {
    expect(priceOf("openai/gpt-5.4-mini-2026-03-17")).toEqual({
      price: publicPrices.rows.get("gpt-5.4-mini"),
      known: "yes",
    });
  });

  it("take an unknown model for the most expensive one, and say so", () => {
    expect(priceOf("my-model")).toEqual({
      price: { input: 30_000, cached: 30_000, output: 180_000 },
      known: "no",
    });
    expect(priceOf("constructor").known).toBe("no");
  });

  it("charge long contexts as the providers do", () => {
    const long = { ...usage, inputTokens: 300_000, cachedTokens: 0 };
    expect(costOf("gpt-5.4", long)).toBe(300_000 * 5_000 + 500 * 22_500);
  });

  it("never let more be cached than was sent", () => {
    expect(costOf("gpt-5.5", { ...usage, cachedTokens: 99_999 })).toBe(10_000 * 500 + 500 * 30_000);
  });

  it("yield to the operator's own rows, which shows in the version", () => {
    const own = withOperatorPrices({
      "my-model": { input: 0, cached: 0, output: 0 },
      "gpt-5.5": { input: 1, cached: 1, output: 1 },
    });
    expect(costOf("my-model", usage, own)).toBe(0);
    expect(costOf("gpt-5.5", usage, own)).toBe(10_500);
    expect(costOf("gpt-5.4", usage, own)).toBe(costOf("gpt-5.4", usage));
    expect(own.version).toMatch(/^2026-11-20\+[0-9a-f]{8}$/);
    expect(withOperatorPrices({})).toBe(publicPrices);
  });
});

describe("the worst case of a request", () => {
  const request = (text: string): ModelRequest => ({
    model: "gpt-5.5",
    system: "rules",
    tools: [],
    messages: [{ role: "user", text }],
    maxOutputTokens: 1_000,
  });

  it("is a token for three bytes of input and the whole output cap", () => {
    const tokens = inputTokensAtMost(request("a".repeat(3_000)));
    expect(tokens).toBe(Math.ceil((3_000 + "rules".length + "[]".length) / 3) + 16);
    expect(worstCase(request("a".repeat(3_000)))).toBe(tokens * 5_000 + 1_000 * 30_000);
  });

  it("counts scripts without spaces as a token a character", () => {
    expect(inputTokensAtMost(request("日".repeat(1_000)))).toBeGreaterThanOrEqual(1_000);
  });

  it("grows with every message, tool call and tool", () => {
    const one = request("hello");
    const call = { id: "c", name: "read_file", arguments: '{"path":"a"}' };
    const more: ModelRequest = {
      ...one,
      tools: [{ name: "t", description: "d", parameters: {} }],
      messages: [
        ...one.messages,
        { role: "assistant", text: "", toolCalls: [call] },
        { role: "tool", callId: "c", text: "x" },
      ],
    };
    expect(worstCase(more)).toBeGreaterThan(worstCase(one));
  });
});
