import { createHash, createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import { pino } from "pino";
import type { Command } from "../../src/commands/command.ts";
import { createApp } from "../../src/webhooks/app.ts";
import { createDoor, type DoorDeps, WEBHOOK_PATH } from "../../src/webhooks/door.ts";
import { listen } from "../../src/webhooks/listen.ts";

export const secret = "a secret of this test";
const ownAppId = 4711;
const listedBotId = 49699333;

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
export const appKey = privateKey;

/** The whole door with the real Probot behind it and a recording queue. `log` holds every line that was logged, Probot's included. */
export async function openDoor(
  options: Partial<Pick<DoorDeps, "secret" | "ready" | "deadlineMs">> & {
    enqueue?: (command: Command) => Promise<void>;
    keep?: (text: string) => Promise<string>;
    wholeRequestMs?: number;
  } = {},
) {
  const commands: Command[] = [];
  const texts = new Map<string, string>();
  /** in which order things became durable */
  const order: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const app = await createApp({
    github: { appId: ownAppId, privateKey: appKey, apiUrl: "http://127.0.0.1:9" },
    rules: { appId: ownAppId, label: "agent-fix", botIds: [listedBotId] },
    enqueue:
      options.enqueue ??
      (async (command) => {
        order.push(`command ${command.kind}`);
        commands.push(command);
      }),
    keep:
      options.keep ??
      (async (text) => {
        const digest = createHash("sha256").update(text).digest("hex");
        order.push("text");
        texts.set(digest, text);
        return digest;
      }),
    log,
  });
  const door = createDoor({
    secret: options.secret === undefined ? secret : options.secret,
    receive: app.receive,
    ready: options.ready ?? (async () => true),
    deadlineMs: options.deadlineMs ?? 3_000,
    log,
  });
  const listener = await listen(door, {
    host: "127.0.0.1",
    port: 0,
    ...(options.wholeRequestMs === undefined ? {} : { wholeRequestMs: options.wholeRequestMs }),
  });
  return {
    url: listener.url,
    hook: `${listener.url}${WEBHOOK_PATH}`,
    commands,
    texts,
    order,
    lines,
    stop: () => listener.stop(0),
  };
}

export function sign(body: string | Uint8Array, key = secret, algorithm = "sha256"): string {
  return `${algorithm}=${createHmac(algorithm, key).update(body).digest("hex")}`;
}

export interface Sent {
  event: string;
  body: string | Uint8Array;
  id?: string;
  /** replaces or, with undefined, removes headers */
  headers?: Record<string, string | undefined>;
}

export async function deliver(hook: string, sent: Sent): Promise<{ status: number; text: string }> {
  const headers = {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/044aadd",
    "x-github-event": sent.event,
    "x-github-delivery": sent.id ?? randomUUID(),
    "x-hub-signature-256": sign(sent.body),
    ...sent.headers,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(hook, { method: "POST", headers: given, body: Buffer.from(sent.body) });
  return { status: response.status, text: await response.text() };
}
