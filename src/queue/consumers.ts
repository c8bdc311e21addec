import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, Worker } from "bullmq";
import { LeaseLost, TryLater } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { connectQueue } from "./connection.ts";
import { createHints, hintSchema } from "./hints.ts";
import { queueNames, queuePrefix } from "./queue-keys.ts";
import { settleJob } from "./settle-job.ts";
import { watchWorker } from "./watch-worker.ts";

export interface Consumers {
  ready(): Promise<void>;
  /** takes no more jobs, lets those under way end, and after `withinMs` aborts their signals and puts them back */
  close(options: { withinMs: number }): Promise<void>;
}

/** Commands end within moments, so a few at once are enough for any number of runs. */
const commandsAtOnce = 8;
/** How long an aborted job may take to put itself back (ms). */
const putBackMs = 500;

/**
 * A worker that dies is noticed by its lock: `lockDuration` and one `stalledInterval` later at most; BullMQ's defaults took up to 98 s.
 * A job may stall often before it is given up, because crashes of a run are counted in its own log.
 */
const timing = { lockDuration: 5_000, stalledInterval: 2_000, maxStalledCount: 100, runRetryDelay: 1_000 };

/** Takes jobs out. `onCommand` checks its payload itself: a ZodError says that it never will be good, so it is not tried again. */
export function createConsumers(options: {
  redisUrl: string;
  prefix: string;
  /** runs at once */
  concurrency: number;
  /** `signal` aborts when the job is another worker's now, or when this process ends */
  onCommand(command: unknown, signal: AbortSignal): Promise<void>;
  onAdvance(runId: string, signal: AbortSignal): Promise<void>;
  log: Logger;
}): Consumers {
  const { log } = options;
  const redis = connectQueue(options.redisUrl, "wait", log);
  const prefix = queuePrefix(options.prefix);
  const shared = { connection: redis, prefix, ...timing };
  const hints = createHints(redis, prefix);
  const ending = new AbortController();

  // BullMQ counts parameters to see whether a processor wants the signal: none of the three may have a default.
  async function command(
    job: Job,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await settleJob({ job, token, signal, ending: ending.signal }, async (until) => {
      try {
        await options.onCommand(job.data, until);
      } catch (error) {
        if (!(error instanceof TryLater)) throw error;
        await job.moveToDelayed(Date.now() + error.afterMs, token);
        throw new DelayedError();
      }
    });
  }

  async function advance(
    job: Job,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // From here on a new hint is a job of its own: it may tell of something that this one looks past.
    await job.removeDeduplicationKey();
    await settleJob({ job, token, signal, ending: ending.signal }, async (until) => {
      const { runId } = hintSchema.parse(job.data);
      try {
        await options.onAdvance(runId, until);
      } catch (error) {
        if (error instanceof TryLater) await hints.add(runId, error.afterMs);
        // Another worker has the run now, or nobody: then the sweep hints it.
        else if (error instanceof LeaseLost && !until.aborted)
          log.info({ runId, err: error }, "the run was left");
        else throw error;
      }
    });
  }

  const workers = [
    new Worker(queueNames.commands, command, { ...shared, concurrency: commandsAtOnce }),
    new Worker(queueNames.advance, advance, { ...shared, concurrency: options.concurrency }),
  ];
  for (const worker of workers) watchWorker(worker, log);
  hints.queue.on("error", (err) => log.debug({ err }, "the queue is in trouble"));

  return {
    async ready() {
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    async close({ withinMs }) {
      const ended = Promise.all(workers.map((worker) => worker.pause()));
      await Promise.race([ended, sleep(withinMs, undefined, { ref: false })]);
      ending.abort();
      for (const worker of workers) worker.cancelAllJobs("this process is about to end");
      await Promise.race([ended, sleep(putBackMs, undefined, { ref: false })]);
      await Promise.allSettled([...workers.map((worker) => worker.close(true)), hints.queue.close()]);
      redis.disconnect();
    },
  };
}
