import { createHash } from "node:crypto";
import { keyToSet } from "../run/key-to-set.ts";
import type { Turn } from "./turn.ts";

/** The key under which this version of a text or a state is to be set now, or null when it is set already. */
export function newKey({ run, deps }: Turn, version: string): string | null {
  return keyToSet(run(), version, { now: deps.now(), afterMs: deps.twinsAfterMs });
}

/** Short, and enough to tell two texts of one run apart. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
