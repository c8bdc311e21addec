import type { Redis } from "ioredis";
import { laterIfFull } from "./full-redis.ts";
import { createKeys } from "./keys.ts";

/** Small things worth remembering, as JSON, each with a lifetime. Losing one costs a question to GitHub and nothing else. */
export interface Notes {
  /** null when there is none, or none any more; what stands there is checked by the reader */
  read(name: string): Promise<unknown>;
  write(name: string, value: unknown): Promise<void>;
}

/** `scope` keeps the notes of one room apart from those of others. */
export function createNotes(options: { redis: Redis; prefix: string; scope: string; ttlMs: number }): Notes {
  const { redis, scope, ttlMs } = options;
  const keys = createKeys(options.prefix);
  return {
    async read(name) {
      const text = await redis.get(keys.note(scope, name));
      return text === null ? null : JSON.parse(text);
    },
    async write(name, value) {
      await redis.set(keys.note(scope, name), JSON.stringify(value), "PX", ttlMs).catch((error: unknown) => {
        throw laterIfFull(error);
      });
    },
  };
}
