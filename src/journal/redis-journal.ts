import type { Redis } from "ioredis";
import { createInbox } from "./inbox.ts";
import type { Journal } from "./journal.ts";
import { createKeys } from "./keys.ts";
import { createLog, followLog } from "./log.ts";
import { createRunIndex, type RunIndex } from "./run-index.ts";
import { createStartRun } from "./start-run.ts";

/** The journal in Redis. `prefix` separates installations in one Redis; `now` is the clock of the events (ms since 1970). */
export function createJournal(options: {
  redis: Redis;
  prefix: string;
  now: () => number;
}): Journal & RunIndex {
  const { redis, now } = options;
  const keys = createKeys(options.prefix);
  return {
    startRun: createStartRun(redis, keys, now),
    ...createLog(redis, keys, now),
    follow: (runId, onEvent, signal) => followLog(redis, keys, runId, onEvent, signal),
    ...createRunIndex(redis, keys),
    ...createInbox(redis, keys),
  };
}
