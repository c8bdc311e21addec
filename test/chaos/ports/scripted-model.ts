import { createHash } from "node:crypto";
import { findPlace } from "../../../demo/model/conversation.ts";
import type { Message, Model, ModelReply, ModelRequest } from "../../../src/agent/model.ts";
import { failureOfConnection } from "../../../src/agent/model-trouble.ts";
import { worstUsage } from "../../../src/agent/token-bounds.ts";
import type { Gate } from "../gate.ts";
import { connectionLost } from "./github-fetch.ts";

/** Answers by phase, in order; each a list of tool calls. */
export type Script = Readonly<Record<string, readonly (readonly [name: string, input: object])[][]>>;

/** What the provider puts on its bill. */
export interface ModelCall {
  phase: string;
  index: number;
  requestDigest: string;
  usage: ModelReply["usage"];
  model: string;
  /** when it was sent, ms since 1970: the provider may carry it out long after its sender died */
  at: number;
}

const takesMs = 1_200;

/** A model that knows its place from the conversation alone, and a provider that bills every call that reached it. */
export function createScriptedModel(deps: {
  script: Script;
  bill: ModelCall[];
  now(): number;
  gate: Gate;
}): Model {
  return {
    complete(request) {
      const at = deps.now();
      const broken = () => failureOfConnection(connectionLost(), worstUsage(request));
      return deps.gate({ port: "model", what: "complete", takesMs, broken }, () => {
        const place = findPlace("chat", { messages: request.messages.map(chatMessage) });
        const answer = place ? deps.script[place.phase]?.[place.index] : undefined;
        if (!place || !answer) throw new Error(`The script has no answer for ${JSON.stringify(place)}.`);
        const reply = replyOf(request, place, answer);
        const requestDigest = createHash("sha256").update(JSON.stringify(request)).digest("hex");
        deps.bill.push({ ...place, requestDigest, usage: reply.usage, model: request.model, at });
        return reply;
      });
    },
  };
}

function chatMessage(message: Message): { role: string; content: string } {
  return { role: message.role, content: message.text };
}

function replyOf(
  request: ModelRequest,
  place: { phase: string; index: number },
  answer: readonly (readonly [name: string, input: object])[],
): ModelReply {
  const toolCalls = answer.map(([name, input], at) => ({
    id: `call-${place.index}-${at}`,
    name,
    arguments: JSON.stringify(input),
  }));
  const characters = JSON.stringify([request.system, request.messages]).length;
  return {
    text: "",
    toolCalls,
    finish: "tool_calls",
    usage: {
      inputTokens: Math.ceil(characters / 4),
      cachedTokens: 0,
      outputTokens: Math.ceil(JSON.stringify(toolCalls).length / 4),
      counted: "by_provider",
    },
  };
}
