import { TryLater } from "../errors.ts";

/**
 * With `noeviction` a Redis that is full refuses what would need memory: the first write of a script, and then nothing of it is done,
 * or none. Nothing is lost, and the run is put aside until an operator has made room. Any other error comes back as it is.
 */
export function laterIfFull(error: unknown): unknown {
  if (!(error instanceof Error && /^OOM\b/.test(error.message))) return error;
  const message =
    "Redis is out of memory, so nothing more can be recorded. Raise `maxmemory`, or give the host more of it.";
  return new TryLater(message, 30_000, { cause: error });
}
