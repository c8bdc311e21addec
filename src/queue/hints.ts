import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { queueNames } from "./queue-keys.ts";

/** Look at this run: a hint carries nothing that could be out of date. */
export const hintSchema = z.object({ runId: z.string().min(1) });

const hintJob = {
  attempts: 5,
  backoff: { type: "exponential", delay: 1_000, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: { age: 30 * 24 * 60 * 60, count: 1_000 },
};

export interface Hints {
  /** after `delayMs`, or at once when it is 0 */
  add(runId: string, delayMs: number): Promise<void>;
  queue: Queue<z.infer<typeof hintSchema>>;
}

/**
 * Of the hints that wait for a run one is enough, and of those for later the last one counts. The worker takes the id off as soon as
 * it begins, so a hint that comes during the work is a job of its own.
 * Seam for fairness between installations: a hint's place in the queue is decided here and nowhere else.
 */
export function createHints(connection: Redis, prefix: string): Hints {
  const queue = new Queue<z.infer<typeof hintSchema>>(queueNames.advance, { connection, prefix });
  return {
    queue,
    async add(runId, delayMs) {
      const deduplication = delayMs > 0 ? { id: `later.${runId}`, replace: true } : { id: `now.${runId}` };
      await queue.add("advance", { runId }, { ...hintJob, delay: delayMs, deduplication });
    },
  };
}
