import { z } from "zod";

/** The two HTTP forms that the scripted model speaks: `/v1/chat/completions` and `/v1/responses`. */
export type Api = "chat" | "responses";

/** Where a conversation stands: the phase it is in, and how many answers that phase has already had (from 0). */
export type Place = { phase: string; index: number };

type Entry = { by: "person"; text: string } | { by: "model" } | { by: "tool" };

const content = z
  .union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()])
  .optional();
const message = z.looseObject({ role: z.string(), content });
const item = z.looseObject({ type: z.string().optional(), role: z.string().optional(), content });
const chatBody = z.looseObject({ messages: z.array(message) });
const responsesBody = z.looseObject({ input: z.union([z.string(), z.array(item)]) });

const phaseLine = /^Phase: (.+)$/gm;

/**
 * Finds the place from the request alone. Nothing is kept between requests, so a client that crashed and
 * sends its conversation again gets the answer that belongs there, and no other.
 *
 * The phase is the last line `Phase: …` in any message of the user; the index is the number of the model's
 * turns after that message. Returns null when no such line is there.
 */
export function findPlace(api: Api, body: unknown): Place | null {
  const entries = api === "chat" ? chatEntries(body) : responsesEntries(body);
  let place: Place | null = null;
  let modelSpoke = false;
  for (const entry of entries) {
    const startsTurn = entry.by === "model" && !modelSpoke;
    // In the Responses form one turn is several items in a row (text, then each call); in chat it is one message.
    modelSpoke = entry.by === "model" && api === "responses";
    if (startsTurn && place) place.index += 1;
    if (entry.by !== "person") continue;
    const phase = [...entry.text.matchAll(phaseLine)].at(-1)?.[1]?.trim();
    if (phase) place = { phase, index: 0 };
  }
  return place;
}

function chatEntries(body: unknown): Entry[] {
  const parsed = chatBody.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.messages.map((one) => entryOf(one.role, one.content));
}

function responsesEntries(body: unknown): Entry[] {
  const parsed = responsesBody.safeParse(body);
  if (!parsed.success) return [];
  const { input } = parsed.data;
  if (typeof input === "string") return [{ by: "person", text: input }];
  return input.map((one) => {
    if (one.role) return entryOf(one.role, one.content);
    // Items without a role are either the model's own (reasoning, calls of any kind) or what a tool gave back.
    return one.type?.endsWith("_output") ? { by: "tool" } : { by: "model" };
  });
}

function entryOf(role: string, value: z.output<typeof content>): Entry {
  if (role === "user") return { by: "person", text: textOf(value) };
  return role === "assistant" ? { by: "model" } : { by: "tool" };
}

function textOf(value: z.output<typeof content>): string {
  if (typeof value === "string") return value;
  return (value ?? []).map((part) => part.text ?? "").join("\n");
}
