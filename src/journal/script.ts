import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { laterIfFull } from "./full-redis.ts";

/** One atomic step inside Redis. Resolves with what the Lua code returns; throws `TryLater` when Redis is full. */
export type Script = (
  redis: Redis,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A Lua script that is sent by its hash, and whole only when this Redis has not seen it yet. */
export function createScript(lua: string): Script {
  const sha = createHash("sha1").update(lua).digest("hex");
  return async (redis, keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return redis.eval(lua, keys.length, ...keys, ...args);
      });
    } catch (error) {
      throw laterIfFull(error);
    }
  };
}
