import { Redis } from "ioredis";
import { connectionOptions } from "../../src/journal/connection.ts";
import type { Blobs } from "../../src/journal/journal.ts";

/** Everything that stands in Redis as text, by key; blobs unpacked. */
export async function dumpRedis(url: string, blobs: Blobs): Promise<{ key: string; text: string }[]> {
  const redis = new Redis(connectionOptions(url));
  try {
    const all: { key: string; text: string }[] = [];
    for (const key of await redis.keys("*")) {
      const digest = /:blob:([0-9a-f]{64})$/.exec(key)?.[1];
      const text = digest ? await blobs.getText(digest) : JSON.stringify(await contentOf(redis, key));
      all.push({ key, text });
    }
    return all;
  } finally {
    redis.disconnect();
  }
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "stream":
      return redis.xrange(key, "-", "+");
    case "hash":
      return redis.hgetall(key);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1");
    case "list":
      return redis.lrange(key, 0, -1);
    default:
      return redis.get(key);
  }
}
