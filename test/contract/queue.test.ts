import { pino } from "pino";
import { afterEach } from "vitest";
import { openGate } from "../chaos/gate.ts";
import { noJobs } from "../chaos/ports/jobs.ts";
import { createMemoryConsumers } from "../chaos/ports/memory-consumers.ts";
import { createMemoryProducer } from "../chaos/ports/memory-producer.ts";
import { useQueue } from "../queue/use-queue.ts";
import { useRedis } from "../support/redis.ts";
import { queueContract } from "./queue.contract.ts";
import type { QueueBench } from "./queue-bench.ts";

const real = useQueue(useRedis());
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

queueContract("in Redis", () => ({
  producer: real.openProducer,
  consumers: async (handlers) => {
    const { close } = await real.openConsumers(handlers);
    return { close: ({ withinMs }) => close(withinMs) };
  },
}));

queueContract("in memory", () => {
  const jobs = noJobs(Date.now);
  let names = 0;
  const bench: QueueBench = {
    producer: async () => createMemoryProducer({ jobs, gate: openGate }),
    async consumers(handlers) {
      names += 1;
      const consumers = createMemoryConsumers({
        jobs,
        name: `c${names}`,
        gate: openGate,
        wake: (ms, work) => {
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
        concurrency: 4,
        onCommand: async () => {},
        onAdvance: async () => {},
        ...handlers,
        log: pino({ level: "silent" }),
      });
      closers.push(() => consumers.close({ withinMs: 0 }));
      await consumers.ready();
      return consumers;
    },
  };
  return bench;
});
