import type { ModelReply, ToolCallRequest } from "./model.ts";

/** A tool call as it stands in the conversation. `refusal` says why it is not run, when it is not. */
export interface TidyCall extends ToolCallRequest {
  refusal: string | null;
}

const mostCalls = 32;

/**
 * Makes an answer fit to stand in the conversation, since providers refuse a whole request over a bad id or name in its history:
 * ids are unique in the phase, names are of the allowed characters, and nothing is longer than the output cap allows
 * (a server that ignores the cap must not fill the next requests). The same answer always gives the same result.
 */
export function tidyReply(
  reply: ModelReply,
  turn: number,
  maxOutputTokens: number,
): { text: string; toolCalls: readonly TidyCall[] } {
  // A token is rarely longer than eight characters.
  const mostCharacters = maxOutputTokens * 8;
  const ids = new Set<string>();
  const toolCalls = reply.toolCalls.map((call, index): TidyCall => {
    const duplicate = call.id !== "" && ids.has(call.id);
    ids.add(call.id);
    const tooLong = call.arguments.length > mostCharacters;
    return {
      id: uniqueId(call.id, turn, index),
      name: call.name.replace(/[^\w-]/g, "_").slice(0, 64) || "unnamed",
      arguments: tooLong ? "{}" : call.arguments,
      refusal: duplicate
        ? "Two calls of this answer had the same id, so this one was not run. Send it again."
        : tooLong
          ? "The arguments are too long, so this call was not run. Make smaller changes, one after the other."
          : index >= mostCalls
            ? `More than ${mostCalls} calls in one answer: this one was not run. Send it again.`
            : null,
    };
  });
  const text = reply.text.slice(0, mostCharacters);
  // An answer without anything would be refused by some providers when it comes back as history.
  return { text: text === "" && toolCalls.length === 0 ? "(no answer)" : text, toolCalls };
}

/** Many servers count their ids from nought in every answer, or leave them out. */
function uniqueId(id: string, turn: number, index: number): string {
  const bare = id.replace(/[^\w-]/g, "_").slice(0, 40);
  return `${bare === "" ? "call" : bare}_${turn}_${index + 1}`;
}
