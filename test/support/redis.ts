import { afterAll, beforeAll, beforeEach } from "vitest";
import { type PrivateRedis, startPrivateRedis } from "./private-redis.ts";

export { type PrivateRedis, startPrivateRedis } from "./private-redis.ts";

/**
 * One private Redis for the tests of this file, emptied before each of them.
 * `settings` are added to the command line: `["--maxmemory-policy", "allkeys-lru"]`.
 */
export function useRedis(...settings: string[]): () => PrivateRedis {
  let redis: PrivateRedis | undefined;
  beforeAll(async () => {
    redis = await startPrivateRedis(...settings);
  });
  beforeEach(async () => {
    // a test that failed may have left it dead
    if (redis && !redis.isRunning()) await redis.restart();
    const connection = redis?.connect();
    await connection?.flushall();
    connection?.disconnect();
  });
  afterAll(() => redis?.stop());
  return () => {
    if (!redis) throw new Error("The private Redis starts before the first test of the file, not earlier.");
    return redis;
  };
}
