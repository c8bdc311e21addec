import type { Redis } from "ioredis";
import { z } from "zod";
import { createKeys } from "./keys.ts";
import { createScript } from "./script.ts";

interface Start {
  /** a person's numeric id on GitHub */
  actorId: number;
  /** which run it would be: it counts once, however many deliveries ask for it at once */
  run: string;
  /** where the person would be told that it has to wait */
  place: string;
}

/** `later`: in how many ms there is room. `tell`: this is the one place of these in which the person is told. */
type Admission = { verdict: "now" } | { verdict: "later"; afterMs: number; tell: boolean };

/** How many runs each person has started lately. */
export interface Starts {
  admit(start: Start): Promise<Admission>;
}

/** By Redis's own clock, so that workers whose clocks differ agree. */
const admitScript = createScript(`
  local starts, told = KEYS[1], KEYS[2]
  local run, place, most, within = unpack(ARGV)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', starts, '-inf', string.format('%.0f', now - within))
  if redis.call('ZSCORE', starts, run) then return { 0, 0 } end
  if redis.call('ZCARD', starts) < tonumber(most) then
    redis.call('ZADD', starts, string.format('%.0f', now), run)
    redis.call('PEXPIRE', starts, within)
    return { 0, 0 }
  end
  redis.call('SET', told, place, 'PX', within, 'NX')
  local oldest = redis.call('ZRANGE', starts, 0, 0, 'WITHSCORES')
  local wait = math.max(1, oldest[2] + within - now)
  return { wait, redis.call('GET', told) == place and 1 or 0 }
`);

/** `most` starts of one person within any `withinMs`. Whoever has to wait is told in one place, and not in each. */
export function createStarts(options: {
  redis: Redis;
  prefix: string;
  most: number;
  withinMs: number;
}): Starts {
  const { redis, most, withinMs } = options;
  const keys = createKeys(options.prefix);
  return {
    async admit({ actorId, run, place }) {
      const answer = await admitScript(
        redis,
        [keys.starts(actorId), keys.startsTold(actorId)],
        [run, place, most, withinMs],
      );
      const [afterMs, tell] = z.tuple([z.int(), z.int()]).parse(answer);
      return afterMs === 0 ? { verdict: "now" } : { verdict: "later", afterMs, tell: tell === 1 };
    },
  };
}
