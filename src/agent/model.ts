import type { Usage } from "../run/usage.ts";

/** A conversation with a model, in the one shape that every provider's protocol is translated to and from. */
export type Message =
  | { role: "user"; text: string }
  | { role: "assistant"; text: string; toolCalls: readonly ToolCallRequest[] }
  | { role: "tool"; callId: string; text: string };

/** `arguments` is the JSON text exactly as the model wrote it; it may be malformed. */
export interface ToolCallRequest {
  id: string;
  name: string;
  arguments: string;
}

interface ToolDeclaration {
  name: string;
  description: string;
  /** JSON Schema of the arguments, strict: all properties required, none additional */
  parameters: Record<string, unknown>;
}

export interface ModelRequest {
  model: string;
  /** the same bytes for every repository and issue, so that the provider's prompt cache hits */
  system: string;
  tools: readonly ToolDeclaration[];
  /** append-only within a step: each request extends the one before */
  messages: readonly Message[];
  maxOutputTokens: number;
}

export interface ModelReply {
  text: string;
  toolCalls: readonly ToolCallRequest[];
  finish: "stop" | "tool_calls" | "length" | "refused";
  usage: Usage;
}

/** One call, no retries inside. Throws `ModelFailure`. */
export interface Model {
  complete(request: ModelRequest, signal: AbortSignal): Promise<ModelReply>;
}

/** It may cost something although there is no answer. */
export function mayBeBilled(failure: ModelFailure): boolean {
  return failure.usage !== null;
}

/**
 * What the caller does next after a failed call:
 * `ask` (key refused, quota used up, model unknown: a person must act), `retry` (rate limit, outage, time-out: again, bounded),
 * `reject` (the answer was unusable: it is costed, and asked for again once), `abort` (we gave up ourselves).
 * The message is a sentence for people and never holds the key.
 */
export class ModelFailure extends Error {
  readonly next: "ask" | "retry" | "reject" | "abort";
  readonly retryAfterMs: number | null;
  /** tokens that the call may have cost all the same; null when it surely cost none (never arrived, or was refused) */
  readonly usage: Usage | null;
  constructor(
    next: ModelFailure["next"],
    message: string,
    retryAfterMs: number | null = null,
    options: ErrorOptions & { usage?: Usage | null } = {},
  ) {
    super(message, options);
    this.name = "ModelFailure";
    this.next = next;
    this.retryAfterMs = retryAfterMs;
    this.usage = options.usage ?? null;
  }
}
