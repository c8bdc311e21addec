import type { Api } from "./conversation.ts";
import type { ScriptedAnswer } from "./script.ts";

/** Tokens of one call. `cached` is the part of `input` that the provider had seen before. */
export type TokenUsage = { input: number; cached: number; output: number };

const charactersPerToken = 4;
// Providers cache prompts from 1,024 tokens on, in blocks of 128.
const cacheMinimum = 1024;
const cacheBlock = 128;
const remembered = 64;

/**
 * Counts what a script leaves out, in the way a provider would, roughly: four characters a token. Earlier requests are
 * remembered only for this count (the last 64); no answer depends on them.
 */
export function createTokenCounter(): (
  api: Api,
  body: Record<string, unknown>,
  answer: ScriptedAnswer,
) => TokenUsage {
  const earlier: string[] = [];
  return (api, body, answer) => {
    const text = promptText(api, body);
    const input = Math.ceil(text.length / charactersPerToken);
    const shared = Math.max(0, ...earlier.map((other) => sharedPrefix(text, other)));
    earlier.push(text);
    if (earlier.length > remembered) earlier.shift();
    return { input, cached: cachedTokens(shared), output: outputTokens(answer) };
  };
}

/** What a provider reads, in its order: tools first, then instructions, then the conversation. */
function promptText(api: Api, body: Record<string, unknown>): string {
  const conversation = api === "chat" ? body["messages"] : body["input"];
  return JSON.stringify([body["tools"] ?? null, body["instructions"] ?? null, conversation]);
}

function sharedPrefix(one: string, other: string): number {
  const limit = Math.min(one.length, other.length);
  let length = 0;
  while (length < limit && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}

function cachedTokens(characters: number): number {
  const tokens = Math.floor(characters / charactersPerToken / cacheBlock) * cacheBlock;
  return tokens >= cacheMinimum ? tokens : 0;
}

function outputTokens(answer: ScriptedAnswer): number {
  const calls = (answer.toolCalls ?? []).map((call) => call.name + argumentsText(call.arguments));
  return Math.ceil(((answer.text ?? "") + calls.join("")).length / charactersPerToken);
}

/** Arguments travel as JSON text; a string in the script is already that text. */
export function argumentsText(value: Record<string, unknown> | string): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
