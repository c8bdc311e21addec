import { createHash } from "node:crypto";
import type { NewEvent, RunEvent } from "../run/events.ts";

/** What the first event of every log builds on. The event itself names the repository, the issue and the ordinal. */
export const beginning = { seq: 0, hash: "0".repeat(64) } as const;

/** What an event's hash covers: all of it but the hash. */
export interface Hashed {
  seq: number;
  at: number;
  version: number;
  kind: string;
  data: unknown;
  previous: string;
}

/**
 * JSON with one spelling for one value: keys sorted by UTF-16 code unit, no white space, absent for `undefined`.
 * Throws on what JSON cannot say (NaN, Infinity, functions, bigint), because it would read back as something else.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be written as JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`A ${typeof value} cannot be written as JSON`);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** SHA-256, hex, over the canonical JSON of everything but the hash. */
export function hashOf(event: Hashed): string {
  const { seq, at, version, kind, data, previous } = event;
  const text = canonicalJson({ seq, at, version, kind, data, previous });
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** The next entry of a log: `event` with its number, its time (ms since 1970) and both hashes. */
export function chainEvent(last: { seq: number; hash: string }, at: number, event: NewEvent): RunEvent {
  const next = { ...event, seq: last.seq + 1, at, version: 1 as const, previous: last.hash };
  return { ...next, hash: hashOf(next) };
}

export interface ChainFault {
  /** the first entry that does not fit */
  seq: number;
  problem: string;
}

/**
 * The first place where the events do not follow one another, or null when every link holds.
 * `after` is the entry that they continue: the beginning of the log unless said otherwise.
 */
export function verifyChain(
  events: readonly (Hashed & { hash: string })[],
  after: { seq: number; hash: string } = beginning,
): ChainFault | null {
  let last = after;
  for (const event of events) {
    const seq = last.seq + 1;
    if (event.seq !== seq)
      return { seq, problem: `entry ${seq} is missing; entry ${event.seq} stands in its place.` };
    if (event.previous !== last.hash) return { seq, problem: `it does not build on entry ${last.seq}.` };
    if (event.hash !== hashOf(event)) return { seq, problem: "its content does not match its hash." };
    last = event;
  }
  return null;
}
