import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../logger.ts";

/** A run that is hinted again and again without anybody keeping it is hinted less and less often, down to twice a minute. */
const slowestMs = 30_000;

/**
 * Each `everyMs` hints the runs that are due and that nobody holds: a worker died, or an event was lost. This is what makes recovery
 * a matter of the lease alone. Any number of sweeps may run beside one another.
 */
export function createSweep(options: {
  orphans(): Promise<readonly string[]>;
  hint(runId: string): Promise<void>;
  everyMs?: number;
  monotonic?: () => number;
  /** rejects as soon as the signal aborts */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
}): { stop(): Promise<void> } {
  const { everyMs = 1_000, monotonic = () => performance.now(), log } = options;
  const pause = options.sleep ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  const stopping = new AbortController();
  let waiting: ReadonlyMap<string, { hints: number; nextAt: number }> = new Map();

  async function look(): Promise<void> {
    const now = monotonic();
    const seen = new Map<string, { hints: number; nextAt: number }>();
    for (const runId of await options.orphans()) {
      const before = waiting.get(runId) ?? { hints: 0, nextAt: now };
      if (before.nextAt > now) {
        seen.set(runId, before);
        continue;
      }
      await options.hint(runId);
      seen.set(runId, {
        hints: before.hints + 1,
        nextAt: now + Math.min(everyMs * 2 ** before.hints, slowestMs),
      });
    }
    waiting = seen;
  }

  async function sweep(): Promise<void> {
    let trouble: "none" | "told" = "none";
    while (!stopping.signal.aborted) {
      await look().then(
        () => {
          trouble = "none";
        },
        (err: unknown) => {
          if (trouble === "none") log.warn({ err }, "the sweep cannot look for runs; trying again");
          trouble = "told";
        },
      );
      await pause(everyMs, stopping.signal).catch(() => {});
    }
  }

  const sweeping = sweep();
  return {
    async stop() {
      stopping.abort();
      // A look may be waiting for a Redis that is away; what it would still do is harmless.
      await Promise.race([sweeping, sleep(everyMs, undefined, { ref: false })]);
    },
  };
}
