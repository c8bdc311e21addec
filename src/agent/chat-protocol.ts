import { z } from "zod";
import { type Message, ModelFailure, type ModelReply, type ModelRequest } from "./model.ts";
import { usageOf, worstUsage } from "./token-bounds.ts";

/** The older name of the output cap is the only one that many compatible servers know; OpenAI's newer models refuse it. */
export type OutputCap = "max_completion_tokens" | "max_tokens";

/**
 * A request as Chat Completions (OpenAI API reference, "Create chat completion"). What never changes stands first and the
 * messages last, so that each request of a step begins with the bytes of the one before.
 */
export function chatBody(request: ModelRequest, cap: OutputCap): Record<string, unknown> {
  const tools = request.tools.map((tool) => ({ type: "function", function: { ...tool, strict: true } }));
  return {
    model: request.model,
    [cap]: request.maxOutputTokens,
    ...(tools.length > 0 ? { tools } : {}),
    messages: [{ role: "system", content: request.system }, ...request.messages.map(chatMessage)],
  };
}

function chatMessage(message: Message): Record<string, unknown> {
  if (message.role === "user") return { role: "user", content: message.text };
  if (message.role === "tool") return { role: "tool", tool_call_id: message.callId, content: message.text };
  if (message.toolCalls.length === 0) return { role: "assistant", content: message.text };
  return {
    role: "assistant",
    content: message.text === "" ? null : message.text,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

const count = z.int().nonnegative().optional().catch(undefined);

/** Tolerant: compatible servers leave out ids, usage and finish reasons, and write arguments as objects. */
const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish().catch(null),
        message: z.object({
          content: z
            .union([z.string(), z.array(z.object({ text: z.string().optional() }))])
            .nullish()
            .catch(null),
          refusal: z.string().nullish().catch(null),
          tool_calls: z
            .array(
              z.object({
                id: z.string().nullish().catch(null),
                function: z.object({
                  name: z.string(),
                  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
                }),
              }),
            )
            .nullish(),
        }),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.object({ cached_tokens: count }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

/** Reads an answer of Chat Completions; throws `ModelFailure("reject")` when it is not one. */
export function readChatAnswer(answer: unknown, request: ModelRequest): ModelReply {
  const parsed = answerSchema.safeParse(answer);
  const choice = parsed.data?.choices[0];
  if (!parsed.success || !choice) {
    throw new ModelFailure("reject", "The model's answer is not a chat completion.", null, {
      usage: worstUsage(request),
    });
  }
  const { content, refusal, tool_calls } = choice.message;
  const toolCalls = (tool_calls ?? []).map((call) => ({
    id: call.id ?? "",
    name: call.function.name,
    arguments: argumentsText(call.function.arguments),
  }));
  const text =
    typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("");
  const told = parsed.data.usage;
  return {
    text: text === "" ? (refusal ?? "") : text,
    toolCalls,
    finish: finishOf(choice.finish_reason ?? null, Boolean(refusal), toolCalls.length > 0),
    usage: usageOf(
      {
        input: told?.prompt_tokens,
        cached: told?.prompt_tokens_details?.cached_tokens,
        output: told?.completion_tokens,
      },
      request,
    ),
  };
}

function argumentsText(value: string | Record<string, unknown> | null | undefined): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value ?? {});
}

function finishOf(reason: string | null, refused: boolean, calls: boolean): ModelReply["finish"] {
  if (reason === "length") return "length";
  if (reason === "content_filter" || refused) return "refused";
  return calls ? "tool_calls" : "stop";
}
