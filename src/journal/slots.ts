import type { Redis } from "ioredis";
import { createKeys } from "./keys.ts";

/** Work that is done once in a while by one worker of many. */
export interface Slots {
  /** true for the one who may do it now; nobody else may for `everyMs`, even when this one dies: then it is left out once */
  claim(name: string, everyMs: number): Promise<boolean>;
}

/** One key with a lifetime is lease and timetable in one: it says that somebody is at it, and when it is time again. */
export function createSlots(options: { redis: Redis; prefix: string; worker: string }): Slots {
  const keys = createKeys(options.prefix);
  return {
    async claim(name, everyMs) {
      const taken = await options.redis.set(keys.slot(name), options.worker, "PX", everyMs, "NX");
      return taken === "OK";
    },
  };
}
