import OpenAI, { APIError } from "openai";
import { chatBody, type OutputCap, readChatAnswer } from "./chat-protocol.ts";
import { type Model, ModelFailure, type ModelReply, type ModelRequest } from "./model.ts";
import { failureOfConnection, failureOfRefusal } from "./model-trouble.ts";
import { readResponsesAnswer, responsesBody } from "./responses-protocol.ts";
import { worstUsage } from "./token-bounds.ts";

/** An answer is a few hundred kilobytes at most; what is longer is not one. */
const mostAnswerBytes = 16 * 1024 * 1024;

export interface OpenAiOptions {
  apiKey: string;
  /** any server that speaks the protocol; OpenAI's own when left out */
  baseUrl?: string;
  api: "responses" | "chat";
  /** for the whole call, from the first byte sent to the last one read */
  timeoutMs: number;
  /** for dates in `Retry-After`, ms since 1970 */
  now?: () => number;
}

/**
 * The only place that knows the OpenAI SDK. One call, no retries: the SDK's own know no bound on Retry-After and cannot be
 * aborted while they wait (6.49), and its parsing trusts the server. What it reads from the environment is set here instead.
 */
export function createOpenAiModel(options: OpenAiOptions): Model {
  const { api, timeoutMs, now = Date.now } = options;
  const baseURL = (options.baseUrl ?? "https://api.openai.com/v1").replace(/\/+$/, "");
  const apiKey = options.apiKey === "" ? "none" : options.apiKey;
  const client = new OpenAI({
    apiKey,
    baseURL,
    // Else OPENAI_ADMIN_KEY, OPENAI_ORG_ID and OPENAI_PROJECT_ID would change who pays.
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
    fetch: boundedFetch,
  });
  let cap: OutputCap = new URL(baseURL).hostname.endsWith("openai.com")
    ? "max_completion_tokens"
    : "max_tokens";
  let otherCap: OutputCap | null = cap === "max_tokens" ? "max_completion_tokens" : "max_tokens";

  const post = (request: ModelRequest, signal: AbortSignal): Promise<unknown> =>
    api === "chat"
      ? client.post("/chat/completions", { body: chatBody(request, cap), signal })
      : client.post("/responses", { body: responsesBody(request), signal });

  const failureOf = (error: unknown, request: ModelRequest): ModelFailure => {
    if (!(error instanceof APIError) || error.status === undefined) {
      return failureOfConnection(error, worstUsage(request));
    }
    const { status, headers, code, message } = error;
    // The server knows only the other name of the output cap: the next try uses that one, once.
    if (otherCap && api === "chat" && (status === 400 || status === 422) && refusesName(message, cap)) {
      cap = otherCap;
      otherCap = null;
      return new ModelFailure("retry", `The model endpoint wants ${cap}.`, 0);
    }
    return failureOfRefusal({ status, headers, code: code ?? null, message }, request.model, apiKey, now());
  };

  return {
    async complete(request, signal): Promise<ModelReply> {
      // The SDK's time-out ends with the headers; ours holds until the body is read.
      const timeout = AbortSignal.timeout(timeoutMs);
      let answer: unknown;
      try {
        answer = await post(request, AbortSignal.any([signal, timeout]));
      } catch (error) {
        if (signal.aborted)
          throw new ModelFailure("abort", "The call was given up.", null, { usage: worstUsage(request) });
        if (timeout.aborted) throw timedOut(timeoutMs, request);
        if (error instanceof SyntaxError || error instanceof AnswerTooLong) throw unreadable(error, request);
        throw failureOf(error, request);
      }
      const read = api === "chat" ? readChatAnswer : readResponsesAnswer;
      return read(fromText(answer), request);
    },
  };
}

function refusesName(message: string, cap: OutputCap): boolean {
  return (
    message.includes(cap) && /support|unknown|recogni[sz]ed|extra|not permitted|unexpected/i.test(message)
  );
}

class AnswerTooLong extends Error {}

/** Redirects are not followed, since they would carry the repository's code to another host; bodies end at a limit. */
async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: "manual" });
  if (!response.body) return response;
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > mostAnswerBytes) controller.error(new AnswerTooLong("The answer is too long."));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Response(counted, { status: response.status, headers: response.headers });
}

/** Some servers send JSON as text; a web page stays text and is refused by the reader. */
function fromText(answer: unknown): unknown {
  if (typeof answer !== "string") return answer;
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}

function timedOut(timeoutMs: number, request: ModelRequest): ModelFailure {
  const sentence = `The model did not answer within ${Math.round(timeoutMs / 1_000)} seconds.`;
  return new ModelFailure("retry", sentence, null, { usage: worstUsage(request) });
}

function unreadable(cause: Error, request: ModelRequest): ModelFailure {
  return new ModelFailure("reject", "The model's answer is not readable JSON.", null, {
    cause,
    usage: worstUsage(request),
  });
}
