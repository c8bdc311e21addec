import type { Redis } from "ioredis";
import { z } from "zod";
import { beginning, chainEvent } from "./hash-chain.ts";
import type { Journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { checkedEvent, entryText } from "./log-entry.ts";
import { createScript } from "./script.ts";

/**
 * Everything or nothing: a delivery that was seen keeps its run, an issue keeps its active run, and only then a new log begins.
 * Asked with ordinal 0 it only looks. `again` says which ordinal is the next one: the caller builds the event for it
 * and asks once more, because only the caller can hash. An ordinal whose log exists is passed over, even when the index was lost.
 */
const startScript = createScript(`
  local issue, log, view, active, due, branches, queued = unpack(KEYS)
  local delivery, ordinal, run, event, hash, repository, branch = unpack(ARGV)
  local seen = redis.call('HGET', issue, 'delivery:' .. delivery)
  if seen then return {'already_started', seen} end
  local current = redis.call('HGET', issue, 'active')
  if current then
    redis.call('HSET', issue, 'delivery:' .. delivery, current)
    return {'already_active', current}
  end
  local reached = tonumber(redis.call('HGET', issue, 'ordinal') or '0')
  if tonumber(ordinal) ~= reached + 1 then return {'again', tostring(reached + 1)} end
  if redis.call('EXISTS', log) == 1 then
    redis.call('HSET', issue, 'ordinal', ordinal)
    return {'again', tostring(ordinal + 1)}
  end
  redis.call('XADD', log, '1-0', 'event', event, 'hash', hash, 'lease', '0:start')
  redis.call('HSET', issue, 'active', run, 'newest', run, 'ordinal', ordinal, 'delivery:' .. delivery, run)
  redis.call('HSET', view, 'repository', repository, 'issue', issue, 'status', 'queued')
  redis.call('SADD', active, run)
  redis.call('SADD', queued, run)
  redis.call('ZADD', due, 0, run)
  redis.call('HSET', branches, repository .. ':' .. branch, run)
  return {'started', run}
`);

const answerSchema = z.tuple([z.enum(["already_started", "already_active", "again", "started"]), z.string()]);

/** `Journal.startRun`. The first entry, `run.requested`, is the only one that is written without a lease (epoch 0). */
export function createStartRun(redis: Redis, keys: Keys, now: () => number): Journal["startRun"] {
  return async (key, build) => {
    const issue = keys.issue(key.repositoryId, key.issueNumber);
    const ask = async (scriptKeys: string[], args: (string | number)[]) =>
      answerSchema.parse(await startScript(redis, scriptKeys, [key.deliveryId, ...args]));

    const touched = (runId: string) => {
      const ofRun = [keys.log(runId), keys.view(runId)];
      return [issue, ...ofRun, keys.active, keys.due, keys.branches, keys.status("queued")];
    };

    let [outcome, answer] = await ask(touched(""), [0, "", "", "", "", ""]);
    while (outcome === "again") {
      const ordinal = Number(answer);
      const { runId, request } = build(ordinal);
      const first = checkedEvent({ kind: "run.requested", data: request });
      const event = chainEvent(beginning, now(), first);
      const entry = [runId, entryText(event), event.hash];
      [outcome, answer] = await ask(touched(runId), [ordinal, ...entry, key.repositoryId, request.branch]);
    }
    return { runId: answer, outcome };
  };
}
