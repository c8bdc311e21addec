import type { Redis } from "ioredis";
import { foldRun } from "../run/evolve.ts";
import { isEnded, statuses } from "../run/status.ts";
import { BrokenLog } from "./broken-log.ts";
import { createKeys, type Keys } from "./keys.ts";
import { createJournal } from "./redis-journal.ts";
import { createScript } from "./script.ts";

/** Adds and corrects, never empties: workers may go on meanwhile, and deliveries that met an active run stand in no log. */
const restoreScript = createScript(`
  local issue, view, active, due, branches = unpack(KEYS)
  local run, ordinal, delivery, repository, branch, ended = unpack(ARGV)
  redis.call('HSET', view, 'repository', repository, 'issue', issue)
  redis.call('HSETNX', issue, 'delivery:' .. delivery, run)
  redis.call('HSET', branches, repository .. ':' .. branch, run)
  if tonumber(ordinal) >= tonumber(redis.call('HGET', issue, 'ordinal') or '0') then
    redis.call('HSET', issue, 'ordinal', ordinal, 'newest', run)
  end
  if ended == '0' then
    redis.call('HSET', issue, 'active', run)
    redis.call('SADD', active, run)
    redis.call('ZADD', due, 'NX', 0, run)
  end
  for at = 7, #ARGV do redis.call('SREM', ARGV[at], run) end
`);

/** Makes every view anew from the logs. Runs whose log cannot be trusted are left as they are and handed back. */
export async function rebuildIndex(options: {
  redis: Redis;
  prefix: string;
}): Promise<{ rebuilt: number; broken: readonly BrokenLog[] }> {
  const { redis, prefix } = options;
  const keys = createKeys(prefix);
  const broken: BrokenLog[] = [];
  const runs = await runsWithLog(redis, keys);
  for (const runId of runs) {
    try {
      await rebuildRun(redis, prefix, runId);
    } catch (error) {
      if (!(error instanceof BrokenLog)) throw error;
      broken.push(error);
    }
  }
  return { rebuilt: runs.length - broken.length, broken };
}

async function rebuildRun(redis: Redis, prefix: string, runId: string): Promise<void> {
  const keys = createKeys(prefix);
  const journal = createJournal({ redis, prefix, now: Date.now });
  const events = await journal.read(runId);
  const run = foldRun(events);
  const { repository, issue, branch, ordinal, deliveryId } = run.request;
  const ended = isEnded(run.status);
  const touched = [
    keys.issue(repository.id, issue.number),
    keys.view(runId),
    keys.active,
    keys.due,
    keys.branches,
  ];
  const facts = [runId, ordinal, deliveryId, repository.id, branch, ended ? 1 : 0];
  await restoreScript(redis, touched, [...facts, ...statuses.map(keys.status)]);
  const shas = events.flatMap((event) => (event.kind === "run.published" ? [event.data.sha] : []));
  for (const sha of shas.length > 0 ? shas : [null]) {
    await journal.index(runId, { status: run.status, sha, branch, ended, hash: run.head });
  }
}

async function runsWithLog(redis: Redis, keys: Keys): Promise<string[]> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, page] = await redis.scan(cursor, "MATCH", keys.anyLog, "COUNT", 1_000);
    for (const key of page) found.add(keys.runOfLog(key));
    cursor = next;
  } while (cursor !== "0");
  return [...found].sort();
}
