import { createHmac, randomUUID } from "node:crypto";
import type { Activity } from "./activity.ts";
import type { DeliveryLog, DeliveryRecord } from "./delivery-log.ts";
import type { LeverBoard } from "./levers.ts";

type Hook = { id: number; url: string; secret: string };

/** A webhook that is ready to go: its payload is complete and will not change any more. */
type Outgoing = {
  event: string;
  action: string | null;
  installationId: number | null;
  repositoryId: number | null;
  payload: Record<string, unknown>;
};

export type WebhookSender = DeliveryLog & {
  send: (outgoing: Outgoing) => void;
  setHook: (hook: Hook | null) => void;
};

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 25 * 1024 * 1024;
/** A slow receiver does not hold up the next delivery for longer than this; GitHub does not wait at all. */
const HEAD_START_MS = 1_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

type Deps = { activity: Activity; levers: LeverBoard; now: () => Date; nextId: () => number; appId: number };

export function createWebhookSender(deps: Deps): WebhookSender {
  const all: DeliveryRecord[] = [];
  let hook: Hook | null = null;
  let queue: Promise<void> = Promise.resolve();
  let gathered: DeliveryRecord[] = [];
  let lastGatheredAt = 0;

  function line(record: DeliveryRecord, delayMs: number): void {
    if (delayMs > 0) {
      deps.activity.start("delayed delivery", () => pause(delayMs).then(() => attempt(record)));
      return;
    }
    deps.activity.start("delivery", () => {
      const sent = queue.then(() => attempt(record));
      queue = queue.then(() => Promise.race([sent, pause(HEAD_START_MS)]));
      return sent;
    });
  }

  /** Holds deliveries back until no new one comes, then sends them shuffled. */
  function gather(record: DeliveryRecord, order: { seed: number; quietMs: number }): void {
    gathered.push(record);
    lastGatheredAt = Date.now();
    if (gathered.length > 1) return;
    deps.activity.start("reordered deliveries", async () => {
      while (Date.now() - lastGatheredAt < order.quietMs) await pause(order.quietMs / 4);
      const held = shuffle(gathered, order.seed);
      gathered = [];
      for (const one of held) line(one, 0);
    });
  }

  function dispatch(record: DeliveryRecord): void {
    const delays = deps.levers.route(record);
    if (delays.length === 0) {
      // What is lost on the way looks on GitHub like a receiver that was not there.
      record.statusCode = 502;
      record.status = "failed to connect to host";
    }
    const order = deps.levers.reordering();
    for (const delayMs of delays) {
      if (order !== null && delayMs === 0) gather(record, order);
      else line(record, delayMs);
    }
  }

  async function attempt(record: DeliveryRecord): Promise<void> {
    const target = hook;
    if (target === null) return;
    const bytes = Buffer.from(JSON.stringify(record.payload));
    if (bytes.length > MAX_BYTES) {
      record.status = "payload too large";
      return;
    }
    record.requestHeaders = headersFor(record, bytes, target);
    const startedAt = performance.now();
    try {
      const answer = await fetch(target.url, {
        method: "POST",
        headers: record.requestHeaders,
        body: bytes,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      record.responseBody = (await answer.text()).slice(0, 10_000);
      record.responseHeaders = Object.fromEntries(answer.headers);
      record.statusCode = answer.status;
      record.status = answer.ok ? "OK" : `Invalid HTTP Response: ${answer.status}`;
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      record.statusCode = late ? 504 : 502;
      record.status = late ? "timed out" : "failed to connect to host";
    }
    record.durationMs = performance.now() - startedAt;
  }

  function headersFor(record: DeliveryRecord, bytes: Buffer, target: Hook): Record<string, string> {
    const sign = (algorithm: string) => createHmac(algorithm, target.secret).update(bytes).digest("hex");
    return {
      accept: "*/*",
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/forge",
      "x-github-delivery": record.guid,
      "x-github-event": record.event,
      "x-github-hook-id": String(target.id),
      "x-github-hook-installation-target-id": String(deps.appId),
      "x-github-hook-installation-target-type": "integration",
      "x-hub-signature": `sha1=${sign("sha1")}`,
      "x-hub-signature-256": `sha256=${sign("sha256")}`,
    };
  }

  function record(outgoing: Outgoing, guid: string, redelivery: boolean, url: string): DeliveryRecord {
    const made: DeliveryRecord = {
      ...outgoing,
      id: deps.nextId(),
      guid,
      redelivery,
      at: deps.now(),
      durationMs: 0,
      statusCode: 0,
      status: "pending",
      url,
      requestHeaders: {},
      responseHeaders: {},
      responseBody: "",
    };
    all.push(made);
    return made;
  }

  return {
    all,
    setHook: (next) => {
      hook = next;
    },
    send: (outgoing) => {
      // Without a webhook URL GitHub sends nothing and keeps no record.
      if (hook !== null) dispatch(record(outgoing, randomUUID(), false, hook.url));
    },
    redeliver: (old) => {
      const { event, action, installationId, repositoryId, payload } = old;
      if (hook === null) return;
      dispatch(record({ event, action, installationId, repositoryId, payload }, old.guid, true, hook.url));
    },
  };
}

/** Fisher-Yates with a small seeded generator (mulberry32), so that the same seed gives the same order. */
function shuffle<T>(items: readonly T[], seed: number): T[] {
  const left = [...items];
  const mixed: T[] = [];
  let state = seed;
  while (left.length > 0) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const at = ((t ^ (t >>> 14)) >>> 0) % left.length;
    mixed.push(...left.splice(at, 1));
  }
  return mixed;
}
