import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { TryLater } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { connectQueue, isRedisAway } from "./connection.ts";
import { createHeadroom } from "./headroom.ts";
import { createHints } from "./hints.ts";
import { commandJobId, queueNames, queuePrefix } from "./queue-keys.ts";

export interface Producer {
  /** whether Redis answers now and has room for commands; waits up to two seconds for the first connection */
  ready(): Promise<boolean>;
  /** resolves when the command is stored; the same delivery is the same job. Throws `TryLater` at once while Redis is away or nearly full. */
  command(command: { deliveryId: string }): Promise<void>;
  /** a hint that this run should be looked at, now or after `delayMs`; any number of them may exist. Throws `TryLater` as well. */
  advance(runId: string, options?: { delayMs?: number }): Promise<void>;
  close(): Promise<void>;
}

const daySeconds = 24 * 60 * 60;
const answerWithinMs = 2_000;

const commandJob = {
  attempts: 5,
  backoff: { type: "exponential", delay: 1_000, jitter: 0.5 },
  // GitHub lets a delivery be sent again for three days: until then it must meet its job.
  removeOnComplete: { age: 4 * daySeconds },
  removeOnFail: { age: 30 * daySeconds },
  sizeLimit: 64 * 1024,
};

/** Puts jobs in. Fails fast instead of waiting for Redis: what GitHub is not told to be stored, it keeps. */
export function createProducer(options: { redisUrl: string; prefix: string; log: Logger }): Producer {
  const { log } = options;
  const redis = connectQueue(options.redisUrl, "fail", log);
  const prefix = queuePrefix(options.prefix);
  const commands = new Queue<{ deliveryId: string }>(queueNames.commands, { connection: redis, prefix });
  const hints = createHints(redis, prefix);
  const queues = [commands, hints.queue];
  const hasRoom = createHeadroom(redis, log);
  for (const queue of queues) queue.on("error", (err) => log.debug({ err }, "the queue is in trouble"));

  async function whileConnected(store: () => Promise<void>): Promise<void> {
    const away = (cause?: unknown) =>
      new TryLater("The queue cannot be reached: Redis is away.", 5_000, { cause });
    // Before its first connection BullMQ would wait, however long that takes.
    if (redis.status !== "ready") throw away();
    await store().catch((error: unknown) => {
      throw isRedisAway(error) ? away(error) : error;
    });
  }

  return {
    async ready() {
      const answered = Promise.all(queues.map((queue) => queue.waitUntilReady()))
        .then(() => redis.ping())
        .then(hasRoom);
      const answer = await Promise.race([answered, sleep(answerWithinMs, "late", { ref: false })]).catch(
        () => false,
      );
      return answer === true;
    },

    command: (command) =>
      whileConnected(async () => {
        if (!(await hasRoom()))
          throw new TryLater("The queue takes nothing more: Redis is nearly full.", 30_000);
        const job = await commands.add("command", command, {
          ...commandJob,
          jobId: commandJobId(command.deliveryId),
        });
        // A delivery that somebody sends again after its job was given up is meant to be tried again.
        if (await job.isFailed()) await job.retry("failed", { resetAttemptsMade: true });
      }),

    advance: (runId, { delayMs = 0 } = {}) => whileConnected(() => hints.add(runId, delayMs)),

    async close() {
      await Promise.allSettled(queues.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}
