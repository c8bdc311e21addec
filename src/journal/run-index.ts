import type { Redis } from "ioredis";
import { isEnded, type Status, statuses } from "../run/status.ts";
import type { Journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { lastEntry } from "./last-entry.ts";
import { createScript } from "./script.ts";

/** How long the sweep leaves a waiting run alone: an event that was lost costs at most this (ms). */
const revisitMs = 60_000;

/**
 * What has ended stays ended, and no view is of another log than the one that stands there, whatever a worker that fell behind (or that
 * Redis fell behind) still writes. A waiting run is looked at again later,
 * but at once when something lies in its inbox, or when somebody came for it while it was held.
 */
const indexScript = createScript(`${lastEntry}
  local view, active, due, shas, inbox, log = unpack(KEYS)
  local run, status, ended, sha, wait, hash, statuses = unpack(ARGV)
  local repository, issue, former, over = unpack(redis.call('HMGET', view, 'repository', 'issue', 'status', 'ended'))
  if not repository then return 'unknown' end
  if sha ~= '' then redis.call('HSET', shas, repository .. ':' .. sha, run) end
  if over and ended == '0' then return 'ended' end
  if hash ~= '' and (last_entry(log) or {}).hash ~= hash then return 'moved' end
  if former then redis.call('SREM', statuses .. former, run) end
  redis.call('SADD', statuses .. status, run)
  redis.call('HSET', view, 'status', status)
  if ended == '1' then
    redis.call('HSET', view, 'ended', '1')
    redis.call('SREM', active, run)
    redis.call('ZREM', due, run)
    if redis.call('HGET', issue, 'active') == run then redis.call('HDEL', issue, 'active') end
    return 'indexed'
  end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local awaited = redis.call('HLEN', inbox) > 0 or redis.call('HEXISTS', view, 'missed') == 1
  if wait == '0' or awaited then redis.call('ZADD', due, 0, run)
  else redis.call('ZADD', due, string.format('%.0f', now + wait), run) end
  return 'indexed'
`);

type IndexPart = Pick<Journal, "index" | "runOfIssue" | "runOfSha" | "runOfBranch" | "activeRuns">;

/** Views over all runs. None of them decides anything that the logs decide; `rebuildIndex` makes them anew. */
export interface RunIndex extends IndexPart {
  /** runs that stand in this status, sorted */
  runsWithStatus(status: Status): Promise<readonly string[]>;
}

export function createRunIndex(redis: Redis, keys: Keys): RunIndex {
  return {
    async index(runId, view) {
      const touched = [
        keys.view(runId),
        keys.active,
        keys.due,
        keys.shas,
        keys.inbox(runId),
        keys.log(runId),
      ];
      const ended = view.ended || isEnded(view.status) ? 1 : 0;
      const wait = isWaiting(view.status) ? revisitMs : 0;
      const args = [runId, view.status, ended, view.sha ?? "", wait, view.hash ?? "", keys.status("")];
      const answer = await indexScript(redis, touched, args);
      if (answer === "unknown")
        throw new Error(`${runId} cannot be indexed: no run of this name was ever started.`);
    },
    runOfIssue: (repositoryId, issueNumber) => redis.hget(keys.issue(repositoryId, issueNumber), "newest"),
    runOfSha: (repositoryId, sha) => redis.hget(keys.shas, `${repositoryId}:${sha}`),
    runOfBranch: (repositoryId, branch) => redis.hget(keys.branches, `${repositoryId}:${branch}`),
    activeRuns: async () => (await redis.smembers(keys.active)).sort(),
    runsWithStatus: async (status) => (await redis.smembers(keys.status(status))).sort(),
  };
}

/** A run that waits for a person or for CI holds no worker. */
function isWaiting(status: Status): boolean {
  return status.startsWith("awaiting_") && statuses.includes(status);
}
