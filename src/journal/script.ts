import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** One atomic step inside Redis. Resolves with what the Lua code returns. */
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
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return await redis.eval(lua, keys.length, ...keys, ...args);
    }
  };
}
