export type Keys = ReturnType<typeof createKeys>;

/** Keys of everything in Redis; one hash slot, so that scripts over several keys work in a cluster. */
export const REDIS_PREFIX = "{fixpoint}:";

/**
 * Every Redis key of the journal. The prefix is a hash tag (`{fixpoint}`, also written `fixpoint` or `{fixpoint}:`), so that in a Redis Cluster all keys share a slot
 * and one Lua call may touch several of them.
 */
export function createKeys(prefix: string) {
  const name = prefix.replace(/:$/, "");
  const tag = name.includes("{") ? name : `{${name}}`;
  const run = (runId: string, what: string) => `${tag}:run:${runId}:${what}`;
  return {
    /** stream: the log itself, entry ids `N-0` */
    log: (runId: string) => run(runId, "log"),
    /** pattern for SCAN, and back from a key to the run's id */
    anyLog: `${tag.replace(/[*?[\]\\]/g, "\\$&")}:run:*:log`,
    runOfLog: (key: string) => key.slice(`${tag}:run:`.length, -":log".length),
    /** string `epoch:worker` with a time to live, and the counter that epochs come from */
    lease: (runId: string) => run(runId, "lease"),
    epoch: (runId: string) => run(runId, "epoch"),
    /** hash, delivery id → `order:entry` */
    inbox: (runId: string) => run(runId, "inbox"),
    /** hash: repository, issue key, status, whether ended, whether somebody came in vain, counter of the inbox */
    view: (runId: string) => run(runId, "view"),
    /** hash: active run, newest run, ordinal, and `delivery:<id>` → run */
    issue: (repositoryId: number, issueNumber: number) => `${tag}:issue:${repositoryId}:${issueNumber}`,
    /** set of runs that have not ended */
    active: `${tag}:active`,
    /** sorted set, run → time (ms since 1970 by Redis's clock) from which the sweep should look at it */
    due: `${tag}:due`,
    /** hashes, `<repository id>:<sha or branch>` → run */
    shas: `${tag}:shas`,
    branches: `${tag}:branches`,
    /** set of runs in this status; with an empty status, what the others begin with */
    status: (status: string) => `${tag}:status:${status}`,
    blob: (digest: string) => `${tag}:blob:${digest}`,
    /** hash, operation key → its intent or receipt, for writes that belong to no run */
    effects: (scope: string) => `${tag}:effects:${scope}`,
    /** string with a time to live: who does this work now, until it is time again */
    slot: (name: string) => `${tag}:slot:${name}`,
    /** sorted set, run that was asked for → time of its start; and a string: where this person was told that there are too many */
    starts: (actorId: number) => `${tag}:starts:${actorId}`,
    startsTold: (actorId: number) => `${tag}:starts:${actorId}:told`,
    /** string, JSON, with a time to live */
    note: (scope: string, name: string) => `${tag}:note:${scope}:${name}`,
  };
}
