import { BrokenLog } from "../../../src/journal/broken-log.ts";
import { beginning, chainEvent } from "../../../src/journal/hash-chain.ts";
import type { Journal, Lease } from "../../../src/journal/journal.ts";
import { leaseToken, refused } from "../../../src/journal/log.ts";
import { checkedEvent, entryText } from "../../../src/journal/log-entry.ts";
import type { RunIndex } from "../../../src/journal/run-index.ts";
import type { Gate } from "../gate.ts";
import { createMemoryIndex } from "./memory-index.ts";
import { createMemoryStart } from "./memory-start.ts";
import { readEntries } from "./read-entries.ts";
import { holderOf, type LogEntry, type Shelf } from "./shelf.ts";

export interface JournalParts {
  shelf: Shelf;
  /** clock of the events, ms since 1970 */
  now(): number;
  gate: Gate;
}

/** The journal without Redis: the same interface, checks and answers, held to its twin by `test/contract/journal.contract.ts`. */
export function createMemoryJournal(parts: JournalParts): Journal & RunIndex {
  const { shelf, now, gate } = parts;
  return {
    startRun: createMemoryStart(parts),
    ...createMemoryIndex(parts),

    async append(lease, last, newEvent, contents = []) {
      lease.check();
      const event = chainEvent(last, now(), checkedEvent(newEvent));
      const entry = {
        id: `${event.seq}-0`,
        event: entryText(event),
        hash: event.hash,
        lease: leaseToken(lease),
      };
      const answer = await orLost(
        lease,
        gate({ port: "redis", what: `append ${event.kind}` }, () =>
          addEntry(shelf, lease.runId, last, entry, contents),
        ),
      );
      if (answer === "added") return event;
      throw refused(lease.runId, event.seq, answer);
    },

    async read(runId, afterSeq = 0) {
      const what = holderOf(shelf, runId) === null ? "read log" : "read log of a held run";
      const entries = await gate({ port: "redis", what }, () => [...(shelf.logs.get(runId) ?? [])]);
      const later = entries.slice(afterSeq);
      if (afterSeq === 0) return readEntries(runId, later, beginning);
      const known = entries[afterSeq - 1];
      if (!known) throw new BrokenLog(runId, afterSeq, "the entry is missing.");
      return readEntries(runId, later, { seq: afterSeq, hash: known.hash });
    },

    async follow() {
      throw new Error("Nobody follows a log here.");
    },

    deliver: (runId, entry) =>
      gate({ port: "redis", what: `deliver ${entry.command}` }, () => {
        const inbox = shelf.inboxes.get(runId) ?? new Map();
        if (inbox.has(entry.deliveryId)) return;
        const view = shelf.views.get(runId);
        if (view) view.delivered += 1;
        inbox.set(entry.deliveryId, { order: view?.delivered ?? inbox.size, entry: { ...entry } });
        shelf.inboxes.set(runId, inbox);
        if (view) shelf.due.set(runId, 0);
      }),

    inbox: (runId) =>
      gate({ port: "redis", what: "read inbox" }, () =>
        [...(shelf.inboxes.get(runId)?.values() ?? [])]
          .sort((a, b) => a.order - b.order)
          .map(({ entry }) => ({ ...entry })),
      ),

    clearInbox: (runId, deliveryIds) =>
      gate({ port: "redis", what: "clear inbox" }, () => {
        for (const id of deliveryIds) shelf.inboxes.get(runId)?.delete(id);
      }),
  };
}

/** What the append script does in Redis, in its order. */
function addEntry(
  shelf: Shelf,
  runId: string,
  last: { seq: number; hash: string },
  entry: LogEntry,
  contents: readonly string[],
): "added" | "lease" | "moved" | "content" {
  const log = shelf.logs.get(runId);
  const tail = log?.at(-1);
  if (!log || !tail) return "moved";
  if (tail.id === entry.id && tail.hash === entry.hash && tail.lease === entry.lease) return "added";
  if (holderOf(shelf, runId) !== entry.lease) return "lease";
  if (tail.id !== `${last.seq}-0` || tail.hash !== last.hash) return "moved";
  if (!contents.every((digest) => shelf.blobs.has(digest))) return "content";
  log.push(entry);
  return "added";
}

/** Waits no longer than the lease lasts, as the journal in Redis does. */
async function orLost<T>(lease: Lease, answer: Promise<T>): Promise<T> {
  let stop = () => {};
  const lost = new Promise<never>((_, reject) => {
    const fail = () => reject(lease.signal.reason);
    if (lease.signal.aborted) fail();
    lease.signal.addEventListener("abort", fail, { once: true });
    stop = () => lease.signal.removeEventListener("abort", fail);
  });
  try {
    return await Promise.race([answer, lost]);
  } finally {
    stop();
  }
}
