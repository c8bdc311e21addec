import type { Run } from "./run.ts";

/**
 * The operation key under which a thing is set to `version`, such as `comment:progress:<hash>`; null when that is known to be what it was
 * set to last. The run's sequence number makes A, B, A three writes. What a former worker meant to set, and nobody knows whether it did,
 * is the same write still: it keeps its key, so that GitHub is asked and the write gets its outcome.
 */
export function keyToSet({ effects, seq }: Run, version: string): string | null {
  const thing = version.slice(0, version.lastIndexOf(":") + 1);
  const [opKey, last] = Object.entries(effects).findLast(([key]) => key.startsWith(thing)) ?? [];
  if (!opKey?.startsWith(`${version}:`)) return `${version}:${seq}`;
  return last?.status === "done" ? null : opKey;
}
