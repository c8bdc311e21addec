import { parseEntries } from "../../../src/journal/log-entry.ts";
import type { RunEvent } from "../../../src/run/events.ts";
import type { LogEntry } from "./shelf.ts";

/** What was parsed and verified once, and after which hash: entries never change, and thousands of stories share them. */
const known = new WeakMap<LogEntry, { after: string; event: RunEvent }>();

/** Events of consecutive entries, every link of the chain verified, as the product reads them. */
export function readEntries(
  runId: string,
  entries: readonly LogEntry[],
  after: { seq: number; hash: string },
): RunEvent[] {
  let last = after;
  return entries.map((entry) => {
    const event = readEntry(runId, entry, last);
    last = event;
    return event;
  });
}

function readEntry(runId: string, entry: LogEntry, last: { seq: number; hash: string }): RunEvent {
  const before = known.get(entry);
  if (before?.after === last.hash && before.event.seq === last.seq + 1) return before.event;
  const { id, event: text, hash, lease } = entry;
  const [event] = parseEntries(runId, [[id, ["event", text, "hash", hash, "lease", lease]]], last);
  if (!event) throw new Error("One entry is one event.");
  known.set(entry, { after: last.hash, event });
  return event;
}
