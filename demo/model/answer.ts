import { createHash } from "node:crypto";
import type { Api, Place } from "./conversation.ts";
import type { ScriptedAnswer } from "./script.ts";
import { argumentsText, type TokenUsage } from "./tokens.ts";

type Spoken = { place: Place; model: string; answer: ScriptedAnswer; usage: TokenUsage };

/** The HTTP body of one answer, in the form the OpenAI API reference documents for each endpoint. */
export function answerBody(api: Api, spoken: Spoken): Record<string, unknown> {
  return api === "chat" ? chatCompletion(spoken) : response(spoken);
}

/** Ids come from the place, so the same place always gives the same bytes, also after a crash. */
function idOf(kind: string, place: Place, number = 0): string {
  const hash = createHash("sha256")
    .update(`${kind}\n${place.phase}\n${place.index}\n${number}`)
    .digest("hex");
  return `${kind}_${hash.slice(0, 24)}`;
}

function chatCompletion({ place, model, answer, usage }: Spoken): Record<string, unknown> {
  const calls = (answer.toolCalls ?? []).map((call, number) => ({
    id: idOf("call", place, number),
    type: "function",
    function: { name: call.name, arguments: argumentsText(call.arguments) },
  }));
  const message = { role: "assistant", content: answer.text ?? null, refusal: null };
  return {
    id: idOf("chatcmpl", place),
    object: "chat.completion",
    created: 0,
    model,
    choices: [
      {
        index: 0,
        message: calls.length > 0 ? { ...message, tool_calls: calls } : message,
        logprobs: null,
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
      },
    ],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  };
}

function response({ place, model, answer, usage }: Spoken): Record<string, unknown> {
  const text = answer.text
    ? [
        {
          type: "message",
          id: idOf("msg", place),
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: answer.text, annotations: [] }],
        },
      ]
    : [];
  const calls = (answer.toolCalls ?? []).map((call, number) => ({
    type: "function_call",
    id: idOf("fc", place, number),
    call_id: idOf("call", place, number),
    name: call.name,
    arguments: argumentsText(call.arguments),
    status: "completed",
  }));
  return {
    id: idOf("resp", place),
    object: "response",
    created_at: 0,
    status: "completed",
    error: null,
    incomplete_details: null,
    model,
    output: [...text, ...calls],
    parallel_tool_calls: true,
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + usage.output,
    },
  };
}
