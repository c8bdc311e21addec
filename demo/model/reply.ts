import { answerBody } from "./answer.ts";
import type { Api, Place } from "./conversation.ts";
import type { Script } from "./script.ts";
import type { createTokenCounter } from "./tokens.ts";

/** What goes out: an HTTP status and a JSON body (a string is sent as it is). */
export type Reply = { status: number; headers?: Record<string, string>; body: unknown };

type Asked = { api: Api; body: unknown; place: Place | null; authorization: string | undefined };

/** Chooses the answer for a request, or refuses it with a reason that says what to change. */
export function replyTo(script: Script, count: ReturnType<typeof createTokenCounter>, asked: Asked): Reply {
  const { api, body, place } = asked;
  if (!/^Bearer \S+$/.test(asked.authorization ?? "")) {
    return refusal(401, "invalid_api_key", "Send an API key as `Authorization: Bearer …`; any key will do.");
  }
  if (!isObject(body)) return refusal(400, "invalid_json", "The body must be a JSON object.");
  const unsupported = ["stream", "previous_response_id"].find((field) => body[field]);
  if (unsupported) {
    const message = `The scripted model does not speak \`${unsupported}\`: send the whole conversation, unstreamed.`;
    return refusal(400, "unsupported", message);
  }
  if (!place) {
    return refusal(
      400,
      "no_phase",
      "No message of the user has a line `Phase: …`, so no answer can be chosen.",
    );
  }
  const answer = script.phases[place.phase]?.[place.index];
  if (!answer) return missing(script, place);
  // Counted even when the script names the usage: later requests share a prefix with this one too.
  const counted = count(api, body, answer);
  const model = typeof body["model"] === "string" ? body["model"] : script.model;
  return { status: 200, body: answerBody(api, { place, model, answer, usage: answer.usage ?? counted }) };
}

/** The list that `GET /v1/models` gives: the one model that the script names. */
export function modelList(script: Script): Reply {
  const model = { id: script.model, object: "model", created: 0, owned_by: "script" };
  return { status: 200, body: { object: "list", data: [model] } };
}

/** An error in the OpenAI shape; `place` is added to it where there is one. */
export function refusal(status: number, code: string, message: string, place?: Place): Reply {
  return { status, body: { error: { message, type: "invalid_request_error", param: null, code, ...place } } };
}

function missing(script: Script, place: Place): Reply {
  const answers = script.phases[place.phase];
  const reason = answers
    ? `phase "${place.phase}" holds ${answers.length} answer(s) and answer ${place.index + 1} (index ${place.index}) was asked for`
    : `it has no phase "${place.phase}" (it has: ${Object.keys(script.phases).join("; ")})`;
  return refusal(400, "script_exhausted", `The script has no answer here: ${reason}.`, place);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
