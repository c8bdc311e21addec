import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../src/config.ts";
import { createBlobs } from "../src/journal/blobs.ts";
import { createRedis } from "../src/journal/connection.ts";
import { createProducer } from "../src/queue/producer.ts";
import { queueNames, queuePrefix } from "../src/queue/queue-keys.ts";
import { startServer } from "../src/server.ts";
import { useRedis } from "./support/redis.ts";
import { example } from "./webhooks/payload-examples.ts";
import { appKey, deliver, secret } from "./webhooks/running-door.ts";

const redis = useRedis();
const prefix = "{test}";
const log = pino({ level: "silent" });
const body = JSON.stringify(example("issues.labeled", { label: { name: "agent-fix" } }));

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

/** The whole web process on a real Redis, as the command line starts it. */
async function serve(env: Record<string, string> = { WEBHOOK_SECRET: secret }) {
  const config = readConfig({ APP_ID: "4711", PRIVATE_KEY: appKey, PORT: "0", ...env });
  const connection = createRedis(redis().socket, { name: "web", whenDown: "fail", log });
  closing.push(async () => connection.disconnect());
  const blobs = createBlobs({ redis: connection, prefix });
  const producer = createProducer({ redisUrl: redis().socket, prefix, log });
  await producer.ready();
  const answers: number[] = [];
  const answered = (status: number) => void answers.push(status);
  const server = await startServer({ config, producer, blobs, answered, log });
  closing.push(
    () => producer.close(),
    () => server.stop(0),
  );
  const queue = new Queue(queueNames.commands, {
    connection: redis().connect(),
    prefix: queuePrefix(prefix),
  });
  queue.on("error", () => undefined);
  closing.push(() => queue.close());
  return { ...server, hook: `${server.url}/api/github/webhooks`, blobs, queue, answers };
}

describe("the web process", () => {
  it("stores a delivery as a job and its text as a blob before it says 202", async () => {
    const { hook, queue, blobs } = await serve();
    const id = randomUUID();
    expect((await deliver(hook, { event: "issues", body, id })).status).toBe(202);
    const job = await queue.getJob(`d-${id}`);
    expect(job?.data).toMatchObject({ kind: "start", deliveryId: id, issue: { number: 1 } });
    expect(await blobs.getText(job?.data.issue.bodyDigest)).toMatch(/^It looks like you accidently spelled/);
  });

  it("makes one job of a delivery that comes three times", async () => {
    const { hook, queue, answers } = await serve();
    const id = randomUUID();
    for (let time = 0; time < 3; time++) {
      expect((await deliver(hook, { event: "issues", body, id })).status).toBe(202);
    }
    expect(await queue.getWaitingCount()).toBe(1);
    expect(answers).toEqual([202, 202, 202]);
  });

  it("says 503 at once while Redis is dead, is not ready, and takes the delivery when Redis is back", async () => {
    const { url, hook, queue } = await serve();
    const id = randomUUID();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await redis().kill();
    const before = Date.now();
    expect((await deliver(hook, { event: "issues", body, id })).status).toBe(503);
    expect(Date.now() - before).toBeLessThan(1_000);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await redis().restart();
    await vi.waitFor(
      async () => expect((await deliver(hook, { event: "issues", body, id })).status).toBe(202),
      {
        timeout: 20_000,
        interval: 200,
      },
    );
    expect(await queue.getWaitingCount()).toBe(1);
  });

  it("takes nothing without a secret, nor with the one that Probot would take", async () => {
    for (const env of [{}, { WEBHOOK_SECRET: "development" }]) {
      const { hook, queue } = await serve(env);
      expect((await deliver(hook, { event: "issues", body })).status).toBe(503);
      expect(await queue.getWaitingCount()).toBe(0);
    }
  });

  it("lets a delivery that is under way end when it is told to stop, and takes no other", async () => {
    const blobs = createBlobs({ redis: redis().connect(), prefix });
    const config = readConfig({ APP_ID: "4711", PRIVATE_KEY: appKey, PORT: "0", WEBHOOK_SECRET: secret });
    const stored: string[] = [];
    let storing: { deliveryId: string; done: () => void } | undefined;
    const command = ({ deliveryId }: { deliveryId: string }) =>
      new Promise<void>((done) => {
        storing = { deliveryId, done };
      }).then(() => void stored.push(deliveryId));
    const producer = { command, ready: async () => true };
    const server = await startServer({ config, producer, blobs, answered: () => undefined, log });
    const answer = deliver(`${server.url}/api/github/webhooks`, { event: "issues", body });
    await vi.waitFor(() => expect(storing).toBeDefined());
    const stopped = server.stop();
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    storing?.done();
    expect((await answer).status).toBe(202);
    await stopped;
    expect(stored).toEqual([storing?.deliveryId]);
  });
});
