import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../demo/free-port.ts";
import { BadConfiguration, TryLater } from "../../src/errors.ts";
import { createRedis } from "../../src/journal/connection.ts";
import { checkDurability } from "../../src/journal/durability.ts";
import { createLeases } from "../../src/journal/leases.ts";
import { createConsumers } from "../../src/queue/consumers.ts";
import { createProducer } from "../../src/queue/producer.ts";
import { type PrivateRedis, startPrivateRedis } from "../support/redis.ts";
import { eventually } from "./use-queue.ts";

const log = pino({ level: "silent" });
const prefix = "{test}:";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(...settings: string[]): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(...settings);
  closing.push(() => redis.stop());
  return redis;
}
function newProducer(redisUrl: string) {
  const producer = createProducer({ redisUrl, prefix, log });
  closing.push(() => producer.close());
  return producer;
}
function newConnection(redisUrl: string) {
  const connection = createRedis(redisUrl, { name: "test", whenDown: "wait", log });
  closing.push(() => connection.disconnect());
  return connection;
}

test.each(["", "not-this-one"])(
  "a Redis that wants another password than %j is named as the mistake",
  async (password) => {
    const redis = await open("--requirepass", "a-password");
    const connection = newConnection(redis.socket);
    connection.options.password = password;
    await expect(checkDurability(connection)).rejects.toThrow(BadConfiguration);
    await expect(checkDurability(connection)).rejects.toThrow("Write it into FIXPOINT_REDIS_URL");
  },
);

test("a node of a Redis Cluster that sends us elsewhere is named as the mistake", async () => {
  const node = async () => {
    let port = await freePort();
    // Nodes talk to one another ten thousand ports higher.
    while (port > 55_000) port = await freePort();
    const redis = await open("--port", String(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes");
    return { port, socket: redis.socket, admin: redis.connect() };
  };
  const [ours, other] = [await node(), await node()];
  await other.admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await ours.admin.call("CLUSTER", "MEET", "127.0.0.1", String(other.port));
  await eventually(() => expect(ours.admin.get("any")).rejects.toThrow("MOVED"));
  const refusal = await checkDurability(newConnection(ours.socket)).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(BadConfiguration);
  expect(String(refusal)).toContain("Let FIXPOINT_REDIS_URL name a Redis without cluster mode");
});

test("a Redis that became a replica takes nothing, is asked anew, and takes it when it is a primary again", async () => {
  const redis = await open();
  const producer = newProducer(redis.socket);
  expect(await producer.ready()).toBe(true);
  const admin = redis.connect();
  const connections = async () =>
    Number(/^total_connections_received:(\d+)/m.exec(await admin.info("stats"))?.[1]);
  await admin.replicaof("127.0.0.1", 1);
  const before = await connections();
  await expect(producer.command({ deliveryId: "d1" })).rejects.toThrow();
  await eventually(async () => expect(await connections()).toBeGreaterThan(before));
  await admin.replicaof("NO", "ONE");
  await eventually(() => producer.command({ deliveryId: "d2" }));
  expect(await admin.keys("{test}:queue:commands:d-*")).toEqual(["{test}:queue:commands:d-d2"]);
});

test("a Redis that still loads its data is waited for by a worker, and takes no command meanwhile", async () => {
  const redis = await open("--key-load-delay", "1000");
  // While it loads, Redis looks at its clients once for every 1,024 commands of the file: about once a second here.
  const filling = redis.connect().pipeline();
  for (let at = 0; at < 4_096; at++) filling.set(`key-${at}`, "x");
  await filling.exec();
  const producer = newProducer(redis.socket);
  const worker = newConnection(redis.socket);
  expect(await producer.ready()).toBe(true);
  const plain = new Redis(redis.socket, {
    enableReadyCheck: false,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
  });
  plain.on("error", () => undefined);
  closing.push(() => plain.disconnect());

  const restarted = redis.restart();
  await eventually(() => expect(plain.get("key-1")).rejects.toThrow(/^LOADING/));
  await expect(producer.command({ deliveryId: "d1" })).rejects.toThrow(TryLater);
  expect(await worker.get("key-99")).toBe("x");
  await restarted;
  await eventually(() => producer.command({ deliveryId: "d1" }));
}, 30_000);

test("a Redis that answers half a second late costs no lease and no job", async () => {
  const redis = await open();
  const slow = await delay(redis.socket, 250);
  const leases = createLeases({ redis: newConnection(slow), prefix, worker: "a" });
  const seen: string[] = [];
  let aborted: unknown = "never";
  const consumers = createConsumers({
    redisUrl: slow,
    prefix,
    concurrency: 1,
    onCommand: async () => {},
    // Longer than the lease and the job's lock, which are five seconds each.
    onAdvance: async (runId, signal) => {
      seen.push(runId);
      const lease = await leases.take(runId);
      const until = performance.now() + 7_000;
      await eventually(() => {
        lease?.check();
        expect(performance.now()).toBeGreaterThan(until);
      });
      if (signal.aborted) aborted = signal.reason;
      await lease?.release();
      seen.push("done");
    },
    log,
  });
  closing.push(() => consumers.close({ withinMs: 5_000 }));
  await consumers.ready();
  const producer = newProducer(redis.socket);
  await producer.ready();
  await producer.advance("run_a");
  await eventually(() => expect(seen).toContain("done"));
  await eventually(async () => expect(await redis.connect().llen("{test}:queue:advance:active")).toBe(0));
  expect({ seen, aborted }).toEqual({ seen: ["run_a", "done"], aborted: "never" });
}, 30_000);

/** The same server behind a wire on which every byte takes so long, each way. */
async function delay(target: string, ms: number): Promise<string> {
  const path = `${target}.slow`;
  const carry = (from: Socket, to: Socket) => {
    from.on("data", (bytes) => setTimeout(() => to.destroyed || to.write(bytes), ms));
    from.on("close", () => setTimeout(() => to.destroy(), ms));
    from.on("error", () => undefined);
  };
  const server = createServer((client) => {
    const upstream = connect(target);
    carry(client, upstream);
    carry(upstream, client);
  });
  await once(server.listen(path), "listening");
  closing.push(() => server.close());
  return path;
}
