import type { Run } from "./run.ts";

/** Writes that set a thing to what it should say, again and again: the last one counts. */
const setting: ReadonlySet<string> = new Set(["comment.edit", "check_run.update", "pull.edit"]);

/**
 * The operation key under which a thing is set to `version`, such as `comment:progress:<hash>`; null when it was set to that last.
 * The run's sequence number makes A, B, A three writes. What a former worker meant to set, and nobody knows whether it did, is the same
 * write still: it keeps its key, so that GitHub is asked and the write gets its outcome. When `lookAgainAt` has come, it is set anew.
 */
export function keyToSet(
  run: Run,
  version: string,
  { now, afterMs }: { now: number; afterMs: number },
): string | null {
  const thing = thingOf(version);
  const fresh = `${version}:${run.seq}`;
  const [opKey, last] = writesOf(run, thing).at(-1) ?? [];
  if (!opKey?.startsWith(`${version}:`)) return fresh;
  if (last?.status !== "done") return opKey;
  const at = lookAgainAt(run, thing, afterMs);
  return at !== null && at <= now ? fresh : null;
}

/**
 * When (ms since 1970) a thing should be looked at once more: GitHub may carry out late what was called and given up, over what was set
 * since then. `afterMs` after the last such call; null when there was none, or when the thing was looked at later than that.
 */
export function lookAgainAt(run: Run, thing: string, afterMs: number): number | null {
  const writes = writesOf(run, thing).map(([, effect]) => effect);
  const last = writes.at(-1);
  const doubtful = writes.filter(
    ({ calls, status }, at) => calls > 1 || (status === "intended" && at < writes.length - 1),
  );
  if (!last || doubtful.length === 0) return null;
  const settled = Math.max(...doubtful.map(({ intendedAt }) => intendedAt)) + afterMs;
  return last.intendedAt >= settled ? null : settled;
}

/** The times at which things of this run should be looked at once more. */
export function looksAhead(run: Run, afterMs: number): number[] {
  const things = new Set(
    Object.entries(run.effects).flatMap(([opKey, { op }]) => (setting.has(op) ? [thingOf(opKey)] : [])),
  );
  return [...things].map((thing) => lookAgainAt(run, thing, afterMs)).filter((at) => at !== null);
}

function writesOf({ effects }: Run, thing: string) {
  return Object.entries(effects).filter(([opKey, { op }]) => setting.has(op) && opKey.startsWith(thing));
}

/** `comment:progress:` of `comment:progress:<hash>:<seq>`. */
function thingOf(opKey: string): string {
  return `${opKey.split(":").slice(0, 2).join(":")}:`;
}
