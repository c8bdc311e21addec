import type { Usage } from "../run/usage.ts";
import type { ModelRequest } from "./model.ts";

/**
 * The most tokens that a request can be expected to hold: one for each three bytes of UTF-8. English and code take about four
 * characters a token, Chinese or Japanese about one character (three bytes), so bytes are the safe measure.
 */
export function inputTokensAtMost(request: ModelRequest): number {
  const parts = [request.system, JSON.stringify(request.tools)];
  for (const message of request.messages) {
    if (message.role === "assistant") {
      parts.push(message.text, ...message.toolCalls.map((call) => call.id + call.name + call.arguments));
    } else parts.push(message.text);
  }
  const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  // Roles and separators: a few tokens a message, as providers count them.
  return Math.ceil(bytes / 3) + 8 * (request.messages.length + 1);
}

/** What a call has cost when nobody told: everything it could have. */
export function worstUsage(request: ModelRequest): Usage {
  return {
    inputTokens: inputTokensAtMost(request),
    cachedTokens: 0,
    outputTokens: request.maxOutputTokens,
    counted: "pessimistically",
  };
}

/** The provider's own count where it gives a sane one; for each figure that is missing, the worst. */
export function usageOf(
  told: { input?: number | undefined; cached?: number | undefined; output?: number | undefined },
  request: ModelRequest,
): Usage {
  const worst = worstUsage(request);
  const inputTokens = told.input ?? worst.inputTokens;
  return {
    inputTokens,
    cachedTokens: Math.min(told.cached ?? 0, inputTokens),
    outputTokens: told.output ?? worst.outputTokens,
    counted: told.input === undefined || told.output === undefined ? "pessimistically" : "by_provider",
  };
}
