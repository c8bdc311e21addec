import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../logger.ts";
import { answerRequest, refuseRequest } from "./answer-request.ts";
import { type Room, readBody } from "./read-body.ts";
import { claimedSignature, isSignedBy, signingKey, startSignature } from "./signature.ts";
import { isWanted, type WantedEvent } from "./wanted-events.ts";

export const WEBHOOK_PATH = "/api/github/webhooks";

/** GitHub never delivers more ("Webhook events and payloads": payloads are capped at 25 MB). */
const MOST_BYTES = 25_000_000;
/** Four deliveries of the largest size at once. */
const ROOM_BYTES = 100_000_000;

export interface DoorDeps {
  /** null: nothing can be trusted, so nothing is accepted */
  secret: string | null;
  /** makes a delivery durable; anything thrown means that it is not */
  receive(delivery: { id: string; event: WantedEvent; payload: object }): Promise<void>;
  /** can we take deliveries now? */
  ready(): Promise<boolean>;
  /** after this a delivery counts as not taken; GitHub itself waits 10 s */
  deadlineMs: number;
  log: Logger;
}

export type Door = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * All that the internet can reach. A delivery is believed by its signature over the raw bytes, and acknowledged only when it is durable:
 * GitHub does not send again what was acknowledged.
 */
export function createDoor(deps: DoorDeps): Door {
  const key = deps.secret === null ? null : signingKey(deps.secret);
  const room: Room = { free: ROOM_BYTES };
  return (request, response) => {
    const path = request.url?.split("?", 1)[0];
    const handled = path === WEBHOOK_PATH ? webhook(request, response) : probe(path ?? "", request, response);
    handled.catch((error: unknown) => {
      deps.log.error({ err: error }, "request failed");
      answerRequest(response, 500, "Something is wrong here; the log says what.");
    });
  };

  async function probe(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuseRequest(request, response, 404, "There is nothing here.");
    }
    if (path === "/healthz") return answerRequest(response, 200, "alive");
    if (path !== "/readyz") return answerRequest(response, 404, "There is nothing here.");
    const ready = await deps.ready().catch(() => false);
    answerRequest(
      response,
      ready ? 200 : 503,
      ready ? "ready" : "Redis cannot be reached, or is nearly full; the log says which.",
    );
  }

  async function webhook(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, words: string) => refuseRequest(request, response, status, words);
    if (request.method !== "POST") return refuse(405, "Deliveries are sent by POST.");
    if (!key)
      return refuse(
        503,
        "No webhook secret is configured, so deliveries cannot be trusted. Set WEBHOOK_SECRET.",
      );
    if (Number(request.headers["content-length"] ?? 0) > MOST_BYTES) return refuse(413, tooLarge);

    const heads = readHeads(request);
    if (heads.status !== "good") return refuse(heads.code, heads.words);
    const { id, event, claimed } = heads;
    const wanted = isWanted(event);
    const signature = startSignature(key);
    const body = await readBody(request, { most: MOST_BYTES, keep: wanted, signature, room });
    if (body.status === "cut_off") return;
    if (body.status === "too_large") return refuse(413, tooLarge);
    if (body.status === "no_room") return refuse(503, "Too many large deliveries at once.");

    if (!isSignedBy(signature, claimed)) {
      deps.log.warn({ deliveryId: id, event }, "signature does not fit");
      return answerRequest(
        response,
        401,
        "The signature does not fit. Is the webhook secret the same on both sides?",
      );
    }
    if (!wanted) return answerRequest(response, 202, "Nothing to do.");
    const payload = parseObject(body.bytes);
    if (!payload) return answerRequest(response, 400, "The body is not a JSON object.");
    await take({ id, event, payload }, response);
  }

  async function take(delivery: Parameters<DoorDeps["receive"]>[0], response: ServerResponse): Promise<void> {
    const { id, event } = delivery;
    try {
      await within(deps.deadlineMs, deps.receive(delivery));
    } catch (error) {
      deps.log.error({ deliveryId: id, event, because: messageOf(error) }, "delivery not taken");
      return answerRequest(response, 503, "The delivery could not be stored. Please deliver it again.");
    }
    answerRequest(response, 202, "Accepted.");
  }
}

const tooLarge = "A delivery is at most 25 MB.";

type Heads =
  | { status: "good"; id: string; event: string; claimed: Buffer }
  | { status: "bad"; code: 400 | 401 | 415; words: string };

function readHeads({ headers }: IncomingMessage): Heads {
  const { "x-github-event": event, "x-github-delivery": id, "content-type": type } = headers;
  if (typeof event !== "string" || !/^[a-z0-9_]{1,60}$/.test(event)) {
    return { status: "bad", code: 400, words: "X-GitHub-Event is missing." };
  }
  // The id becomes part of a key, and equal ids mean the same delivery.
  if (typeof id !== "string" || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    return { status: "bad", code: 400, words: "X-GitHub-Delivery is not a GUID." };
  }
  if (!/^application\/json\b/i.test(type ?? "")) {
    return { status: "bad", code: 415, words: "Set the webhook's content type to application/json." };
  }
  const claimed = claimedSignature(headers["x-hub-signature-256"]);
  if (!claimed) return { status: "bad", code: 401, words: "X-Hub-Signature-256 is missing." };
  return { status: "good", id: id.toLowerCase(), event, claimed };
}

function parseObject(bytes: Buffer): object | null {
  if (!isUtf8(bytes)) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The work itself goes on: it may still succeed, and then the same delivery sent again is the same job. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not stored within ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
