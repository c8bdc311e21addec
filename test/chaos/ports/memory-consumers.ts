import { ZodError } from "zod";
import { LeaseLost, TryLater } from "../../../src/errors.ts";
import type { Logger } from "../../../src/logger.ts";
import type { Consumers } from "../../../src/queue/consumers.ts";
import { hintSchema } from "../../../src/queue/hints.ts";
import type { Gate } from "../gate.ts";
import {
  type Job,
  type JobKind,
  type Jobs,
  nextReadyAt,
  putBackStalled,
  readyJobs,
  renewLock,
  settle,
  takeJob,
  timing,
} from "./jobs.ts";
import { addHint } from "./memory-producer.ts";

export interface ConsumerOptions {
  jobs: Jobs;
  /** unique among all consumers */
  name: string;
  gate: Gate;
  /** calls back after a while, as long as this process lives; returns how to call it off */
  wake(ms: number, work: () => void): () => void;
  /** runs at once */
  concurrency: number;
  onCommand(command: unknown, signal: AbortSignal): Promise<void>;
  onAdvance(runId: string, signal: AbortSignal): Promise<void>;
  log: Logger;
}

const commandsAtOnce = 8;

/** Takes jobs out, without BullMQ: at least once, again when a worker is gone, later when asked so. */
export function createMemoryConsumers(options: ConsumerOptions): Consumers {
  const { jobs, name, gate, wake, log } = options;
  const ending = new AbortController();
  const atWork = new Map<string, { job: Job; lost: AbortController; ended: Promise<void> }>();
  const most: Record<JobKind, number> = { command: commandsAtOnce, advance: options.concurrency };
  const asked: Record<JobKind, number> = { command: 0, advance: 0 };
  let called = () => {};
  let nextLook = () => {};
  let state: "open" | "closing" = "open";

  const busy = (kind: JobKind) =>
    asked[kind] + [...atWork.values()].filter(({ job }) => job.kind === kind).length;

  function look(): void {
    nextLook();
    if (state === "closing") return;
    for (const kind of ["command", "advance"] as const) {
      const free = most[kind] - busy(kind);
      const ready = readyJobs(jobs, kind).length - asked[kind];
      for (let more = Math.min(free, ready); more > 0; more--) take(kind);
    }
    const at = nextReadyAt(jobs);
    const untilReady = at === null ? timing.stalledMs : Math.max(1, at - jobs.now());
    nextLook = wake(Math.min(untilReady, timing.stalledMs), () => {
      putBackStalled(jobs);
      look();
    });
  }

  function take(kind: JobKind): void {
    asked[kind] += 1;
    gate({ port: "queue", what: `take ${kind}` }, () => takeJob(jobs, kind, name)).then(
      (job) => {
        asked[kind] -= 1;
        if (job) begin(job);
      },
      () => {
        asked[kind] -= 1;
      },
    );
  }

  function begin(job: Job): void {
    const lost = new AbortController();
    const stopRenewing = renewEach(job, lost);
    const signal = AbortSignal.any([lost.signal, ending.signal]);
    const ended = work(job, signal)
      .catch((error: unknown) => log.warn({ err: error, jobId: job.id }, "a job could not be settled"))
      .finally(() => {
        stopRenewing();
        atWork.delete(job.id);
        look();
      });
    atWork.set(job.id, { job, lost, ended });
  }

  function renewEach(job: Job, lost: AbortController): () => void {
    let cancel = () => {};
    const next = () => {
      cancel = wake(timing.renewMs, () => {
        gate({ port: "queue", what: "renew lock" }, () => renewLock(jobs, job)).then(
          (kept) => (kept ? next() : lost.abort(new Error("the lock is lost"))),
          next,
        );
      });
    };
    next();
    return () => cancel();
  }

  async function work(job: Job, signal: AbortSignal): Promise<void> {
    const end = (outcome: Parameters<typeof settle>[2]) =>
      gate({ port: "queue", what: `job ${outcome.is}` }, () => settle(jobs, job, outcome));
    try {
      if (job.kind === "command") await options.onCommand(job.data, signal);
      else await advance(job, signal);
      await end({ is: "done" });
    } catch (error) {
      if (error instanceof TryLater && job.kind === "command")
        return end({ is: "later", afterMs: error.afterMs });
      if (error instanceof ZodError) return end({ is: "given_up" });
      if (ending.signal.aborted) return end({ is: "put_back" });
      log.warn({ err: error, jobId: job.id }, "this job failed and is tried again");
      return end({ is: "failed" });
    }
  }

  async function advance(job: Job, signal: AbortSignal): Promise<void> {
    const { runId } = hintSchema.parse(job.data);
    try {
      await options.onAdvance(runId, signal);
    } catch (error) {
      if (error instanceof TryLater) {
        await gate({ port: "queue", what: "hint later" }, () => addHint(jobs, runId, error.afterMs));
      } else if (error instanceof LeaseLost && !signal.aborted)
        log.info({ runId, err: error }, "the run was left");
      else throw error;
    }
  }

  const listener = () => {
    called();
    called = wake(0, look);
  };
  return {
    async ready() {
      jobs.listeners.add(listener);
      look();
    },
    async close({ withinMs }) {
      state = "closing";
      jobs.listeners.delete(listener);
      nextLook();
      called();
      const all = () => Promise.all([...atWork.values()].map(({ ended }) => ended));
      await Promise.race([all(), new Promise<void>((resolve) => void wake(withinMs, resolve))]);
      ending.abort(new Error("this process is about to end"));
      await Promise.race([all(), new Promise<void>((resolve) => void wake(500, resolve))]);
    },
  };
}
