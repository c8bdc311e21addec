import { pino } from "pino";
import { afterEach, expect, vi } from "vitest";
import { createConsumers } from "../../src/queue/consumers.ts";
import { createProducer } from "../../src/queue/producer.ts";
import type { PrivateRedis } from "../support/redis.ts";

const prefix = "{test}:";

/** Producers and consumers on this file's Redis, closed after each test. */
export function useQueue(redis: () => PrivateRedis) {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** one that has not connected yet */
  function createIdleProducer() {
    const { log } = listeningLog();
    const producer = createProducer({ redisUrl: redis().socket, prefix, log });
    closers.push(() => producer.close());
    return producer;
  }

  async function openProducer() {
    const producer = createIdleProducer();
    expect(await producer.ready()).toBe(true);
    return producer;
  }

  async function openConsumers(handlers: Partial<Handlers>) {
    const { log, lines } = listeningLog();
    const consumers = createConsumers({
      redisUrl: redis().socket,
      prefix,
      concurrency: 4,
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

  return { openProducer, openConsumers, createIdleProducer };
}

type Handlers = Pick<Parameters<typeof createConsumers>[0], "onCommand" | "onAdvance">;

function listeningLog() {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { lines, log };
}

/** A promise that the test settles when it wants to. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

export const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 });
