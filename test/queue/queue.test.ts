import { pino } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { LeaseLost, TryLater } from "../../src/errors.ts";
import { createConsumers } from "../../src/queue/consumers.ts";
import { createProducer } from "../../src/queue/producer.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();
const prefix = "{test}:";
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function listeningLog() {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { lines, log };
}

async function openProducer() {
  const { log } = listeningLog();
  const producer = createProducer({ redisUrl: redis().socket, prefix, log });
  closers.push(() => producer.close());
  expect(await producer.ready()).toBe(true);
  return producer;
}

type Handlers = Pick<Parameters<typeof createConsumers>[0], "onCommand" | "onAdvance">;

async function openConsumers(handlers: Partial<Handlers>, concurrency = 4) {
  const { log, lines } = listeningLog();
  const consumers = createConsumers({
    redisUrl: redis().socket,
    prefix,
    concurrency,
    onCommand: async () => {},
    onAdvance: async () => {},
    ...handlers,
    log,
  });
  let closed = false;
  const close = async (withinMs: number) => {
    if (closed) return;
    closed = true;
    await consumers.close({ withinMs });
  };
  closers.push(() => close(0));
  await consumers.ready();
  return { lines, close };
}

/** A promise that the test settles when it wants to. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

describe("a command", () => {
  test("reaches the worker as it was sent, and once though its delivery came three times", async () => {
    const producer = await openProducer();
    const command = { kind: "start", deliveryId: "72d3162e-cc78-11e3-81ab-4c9367dc0958", installationId: 9 };
    const seen: unknown[] = [];
    await producer.command(command);
    await producer.command(command);
    await openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    await eventually(() => expect(seen).toEqual([command]));
    await producer.command(command);
    await producer.command({ deliveryId: "other:one" });
    await eventually(() => expect(seen).toEqual([command, { deliveryId: "other:one" }]));
    expect(
      await redis().connect().exists("{test}:queue:commands:d-72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ).toBe(1);
  });

  test("that should be tried later comes back without costing an attempt, however often", async () => {
    const producer = await openProducer();
    let tries = 0;
    await openConsumers({
      onCommand: async () => {
        tries += 1;
        if (tries <= 8) throw new TryLater("GitHub is tired", 5);
      },
    });
    await producer.command({ deliveryId: "d1" });
    await eventually(() => expect(tries).toBe(9));
    await eventually(async () =>
      expect(await redis().connect().hget("{test}:queue:commands:d-d1", "finishedOn")).not.toBeNull(),
    );
    expect(await redis().connect().hget("{test}:queue:commands:d-d1", "failedReason")).toBeNull();
  });

  test("with a poisoned payload is kept as failed at once, loudly, and tried again only when it is sent again", async () => {
    const producer = await openProducer();
    let tries = 0;
    const { lines } = await openConsumers({
      onCommand: async (payload) => {
        tries += 1;
        z.object({ kind: z.literal("start") }).parse(payload);
      },
    });
    await producer.command({ deliveryId: "d1" });
    await eventually(() =>
      expect(lines.map(({ level, msg }) => ({ level, msg }))).toEqual([
        { level: 50, msg: "gave up on this job; it is kept as failed" },
      ]),
    );
    expect(tries).toBe(1);
    expect(await redis().connect().zcard("{test}:queue:commands:failed")).toBe(1);
    await producer.command({ deliveryId: "d1" });
    await eventually(() => expect(tries).toBe(2));
  });

  test("that breaks is tried five times with growing pauses, then kept as failed", async () => {
    const producer = await openProducer();
    let tries = 0;
    const { lines } = await openConsumers({
      onCommand: async () => {
        tries += 1;
        throw new Error("a defect");
      },
    });
    await producer.command({ deliveryId: "d1" });
    const connection = redis().connect();
    // No need to sit out the pauses: a delayed job is moved up as soon as it is seen.
    await eventually(async () => {
      for (const id of await connection.zrange("{test}:queue:commands:delayed", "0", "-1")) {
        await connection.zadd("{test}:queue:commands:delayed", 0, id);
        await connection.zadd("{test}:queue:commands:marker", 0, "1");
      }
      expect(lines.at(-1)).toMatchObject({ level: 50, attempts: 5 });
    });
    expect(tries).toBe(5);
    expect(lines.map((line) => line.level)).toEqual([40, 40, 40, 40, 50]);
  });

  test("that is too large for a queue is refused where it is sent", async () => {
    const producer = await openProducer();
    const large = { deliveryId: "d1", body: "x".repeat(70_000) };
    await expect(producer.command(large)).rejects.toThrow("exceeds");
  });
});

describe("hints", () => {
  test("that wait for the same run are one, and other runs are not held up", async () => {
    const producer = await openProducer();
    for (let time = 0; time < 20; time++) await producer.advance("run_a");
    await producer.advance("run_b");
    const seen: string[] = [];
    await openConsumers({ onAdvance: async (runId) => void seen.push(runId) });
    await eventually(() => expect(seen).toEqual(["run_a", "run_b"]));
    await eventually(async () =>
      expect(await redis().connect().keys("{test}:queue:advance:[0-9]*")).toEqual([]),
    );
    expect(seen).toEqual(["run_a", "run_b"]);
  });

  test("that come while the run is worked on are not lost", async () => {
    const producer = await openProducer();
    const [begun, end] = [gate(), gate()];
    let turns = 0;
    await openConsumers({
      onAdvance: async () => {
        turns += 1;
        if (turns > 1) return;
        begun.open();
        await end.opened;
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    await producer.advance("run_a");
    await eventually(() => expect(turns).toBe(2));
    end.open();
  });

  test("for later do not hold up a hint for now, and the last of them counts", async () => {
    const producer = await openProducer();
    const seen: string[] = [];
    await openConsumers({ onAdvance: async (runId) => void seen.push(runId) });
    for (const delayMs of [1, 100_000, 90_000]) await producer.advance("run_a", { delayMs: delayMs * 1_000 });
    expect(await redis().connect().zcard("{test}:queue:advance:delayed")).toBe(1);
    await producer.advance("run_a");
    await eventually(() => expect(seen).toEqual(["run_a"]));
    await producer.advance("run_a", { delayMs: 30 });
    await eventually(() => expect(seen).toEqual(["run_a", "run_a"]));
    expect(await redis().connect().zcard("{test}:queue:advance:delayed")).toBe(0);
  });

  test("for later may be asked for from within the work, again and again", async () => {
    const producer = await openProducer();
    let turns = 0;
    await openConsumers({
      onAdvance: async (runId) => {
        turns += 1;
        if (turns < 5) await producer.advance(runId, { delayMs: 10 });
      },
    });
    await producer.advance("run_a");
    await eventually(() => expect(turns).toBe(5));
  });

  test("whose run wants to be left alone for a while come back after it, and cost no attempt", async () => {
    const producer = await openProducer();
    let turns = 0;
    const { lines } = await openConsumers({
      onAdvance: async () => {
        turns += 1;
        if (turns < 9) throw new TryLater("rate limit", 5);
      },
    });
    await producer.advance("run_a");
    await eventually(() => expect(turns).toBe(9));
    expect(lines).toEqual([]);
  });

  test("whose run went to another worker are done", async () => {
    const producer = await openProducer();
    const { lines } = await openConsumers({
      onAdvance: async () => {
        throw new LeaseLost("gone");
      },
    });
    await producer.advance("run_a");
    await eventually(() => expect(lines.map((line) => line.msg)).toEqual(["the run was left"]));
    await eventually(async () =>
      expect(await redis().connect().keys("{test}:queue:advance:[0-9]*")).toEqual([]),
    );
  });
});

describe("while Redis is away", () => {
  test("a producer fails at once, knows it, and goes on afterwards", async () => {
    const producer = await openProducer();
    await redis().kill();
    await eventually(async () => expect(await producer.ready()).toBe(false));
    const begun = performance.now();
    await expect(producer.command({ deliveryId: "d1" })).rejects.toThrow(TryLater);
    await expect(producer.advance("run_a")).rejects.toThrow(TryLater);
    expect(performance.now() - begun).toBeLessThan(500);
    await redis().restart();
    await eventually(async () => expect(await producer.ready()).toBe(true));
    await producer.command({ deliveryId: "d1" });
  });

  test("both ends may be started: nothing is taken for stored, and all goes well once it is there", async () => {
    await redis().kill();
    const { log } = listeningLog();
    const producer = createProducer({ redisUrl: redis().socket, prefix, log });
    closers.push(() => producer.close());
    await expect(producer.command({ deliveryId: "d1" })).rejects.toThrow(TryLater);
    const seen: unknown[] = [];
    const opening = openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    await redis().restart();
    await opening;
    await eventually(async () => expect(await producer.ready()).toBe(true));
    await producer.command({ deliveryId: "d2" });
    await eventually(() => expect(seen).toEqual([{ deliveryId: "d2" }]));
  });

  test("what was stored before is done after", async () => {
    const producer = await openProducer();
    const seen: unknown[] = [];
    await openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    await producer.command({ deliveryId: "before" });
    await eventually(() => expect(seen).toHaveLength(1));
    await redis().kill();
    await redis().restart();
    await eventually(() => producer.command({ deliveryId: "after" }));
    await eventually(() => expect(seen).toEqual([{ deliveryId: "before" }, { deliveryId: "after" }]));
  });

  test("a job whose lock is lost sees its signal abort", async () => {
    const producer = await openProducer();
    const begun = gate();
    let reason: unknown;
    await openConsumers({
      onAdvance: async (_, signal) => {
        begun.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        reason = signal.reason;
        throw new LeaseLost("gone");
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    const connection = redis().connect();
    await connection.del(...(await connection.keys("{test}:queue:advance:*:lock")));
    await eventually(() => expect(reason).toBe("the lock is lost"));
  });
});

describe("closing", () => {
  test("lets work end that ends in time", async () => {
    const producer = await openProducer();
    const [begun, end] = [gate(), gate()];
    let outcome = "under way";
    const { close } = await openConsumers({
      onAdvance: async (_, signal) => {
        begun.open();
        await end.opened;
        outcome = signal.aborted ? "aborted" : "done";
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    const closing = close(10_000);
    await producer.advance("run_b");
    end.open();
    await closing;
    expect(outcome).toBe("done");
    expect(await redis().connect().llen("{test}:queue:advance:wait")).toBe(1);
  });

  test("aborts work that does not, and puts it back for another worker", async () => {
    const producer = await openProducer();
    const begun = gate();
    const { close } = await openConsumers({
      onAdvance: async (_, signal) => {
        begun.open();
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("interrupted"))),
        );
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    await close(20);
    const seen: string[] = [];
    await openConsumers({ onAdvance: async (runId) => void seen.push(runId) });
    await eventually(() => expect(seen).toEqual(["run_a"]));
  });
});
