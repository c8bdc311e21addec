import type { Redis } from "ioredis";
import { createKeys } from "./keys.ts";
import { createScript } from "./script.ts";

/** How many runs an issue had, where the journal was lost and GitHub knows better. */
export interface Ordinals {
  /** the next run of this issue gets an ordinal above `reached`; never lowers what is known */
  raise(repositoryId: number, issueNumber: number, reached: number): Promise<void>;
}

const raiseScript = createScript(`
  local known = tonumber(redis.call('HGET', KEYS[1], 'ordinal') or '0')
  if tonumber(ARGV[1]) > known then redis.call('HSET', KEYS[1], 'ordinal', ARGV[1]) end
  return known
`);

export function createOrdinals(redis: Redis, prefix: string): Ordinals {
  const keys = createKeys(prefix);
  return {
    async raise(repositoryId, issueNumber, reached) {
      await raiseScript(redis, [keys.issue(repositoryId, issueNumber)], [reached]);
    },
  };
}
