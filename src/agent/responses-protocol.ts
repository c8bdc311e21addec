import { z } from "zod";
import { type Message, ModelFailure, type ModelReply, type ModelRequest } from "./model.ts";
import { usageOf, worstUsage } from "./token-bounds.ts";

/**
 * A request as Responses (OpenAI API reference, "Create a model response"): the whole conversation as input items, nothing
 * kept at the provider. What never changes stands first and the input last, so that each request of a step begins with the
 * bytes of the one before.
 */
export function responsesBody(request: ModelRequest): Record<string, unknown> {
  const tools = request.tools.map((tool) => ({ type: "function", ...tool, strict: true }));
  return {
    model: request.model,
    store: false,
    max_output_tokens: request.maxOutputTokens,
    ...(tools.length > 0 ? { tools } : {}),
    instructions: request.system,
    input: request.messages.flatMap(inputItems),
  };
}

function inputItems(message: Message): Record<string, unknown>[] {
  if (message.role === "user") return [{ role: "user", content: message.text }];
  if (message.role === "tool") {
    return [{ type: "function_call_output", call_id: message.callId, output: message.text }];
  }
  const said = message.text === "" ? [] : [{ role: "assistant", content: message.text }];
  const calls = message.toolCalls.map((call) => ({
    type: "function_call",
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
  }));
  return [...said, ...calls];
}

const count = z.int().nonnegative().optional().catch(undefined);

/** Items of other types (reasoning, searches …) are passed over; a known one that is malformed spoils the answer. */
const itemSchema = z.union([
  z.object({
    type: z.literal("message"),
    content: z.array(
      z.object({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() }),
    ),
  }),
  z.object({
    type: z.literal("function_call"),
    call_id: z.string().nullish().catch(null),
    name: z.string(),
    arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  }),
  z.object({ type: z.string().refine((type) => type !== "message" && type !== "function_call") }),
]);

const answerSchema = z.object({
  status: z.string().nullish().catch(null),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish().catch(null),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish().catch(null),
  output: z.array(itemSchema),
  usage: z
    .object({
      input_tokens: count,
      output_tokens: count,
      input_tokens_details: z.object({ cached_tokens: count }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

type Answer = z.infer<typeof answerSchema>;

/** Reads an answer of Responses; throws `ModelFailure`: `retry` when the provider failed on its side, else `reject`. */
export function readResponsesAnswer(answer: unknown, request: ModelRequest): ModelReply {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) {
    throw new ModelFailure("reject", "The model's answer is not a response object.", null, {
      usage: worstUsage(request),
    });
  }
  const { status, error, output, usage: told } = parsed.data;
  const usage = usageOf(
    {
      input: told?.input_tokens,
      cached: told?.input_tokens_details?.cached_tokens,
      output: told?.output_tokens,
    },
    request,
  );
  if (status && status !== "completed" && status !== "incomplete") {
    const next = /server_error|rate_limit|overloaded/.test(error?.code ?? "") ? "retry" : "reject";
    throw new ModelFailure(next, `The provider ended the answer as "${status.slice(0, 40)}".`, null, {
      usage,
    });
  }
  const parts = output.flatMap((item) => ("content" in item ? item.content : []));
  const toolCalls = output.flatMap((item) =>
    "name" in item
      ? [{ id: item.call_id ?? "", name: item.name, arguments: argumentsText(item.arguments) }]
      : [],
  );
  return {
    text: parts.map((part) => part.text ?? part.refusal ?? "").join(""),
    toolCalls,
    finish: finishOf(
      parsed.data,
      toolCalls.length > 0,
      parts.some((part) => part.refusal !== undefined),
    ),
    usage,
  };
}

function argumentsText(value: string | Record<string, unknown> | null | undefined): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value ?? {});
}

function finishOf(answer: Answer, calls: boolean, refused: boolean): ModelReply["finish"] {
  const reason = answer.incomplete_details?.reason;
  if (refused || reason === "content_filter") return "refused";
  if (answer.status === "incomplete") return "length";
  return calls ? "tool_calls" : "stop";
}
