import { beginning, chainEvent } from "../../../src/journal/hash-chain.ts";
import type { Journal } from "../../../src/journal/journal.ts";
import { checkedEvent, entryText } from "../../../src/journal/log-entry.ts";
import type { JournalParts } from "./memory-journal.ts";
import { type LogEntry, marksOf, type Shelf } from "./shelf.ts";

interface First {
  ordinal: number;
  runId: string;
  entry: LogEntry;
  repositoryId: number;
  branch: string;
}

type Answer = ["already_started" | "already_active" | "again" | "started", string];

/** `Journal.startRun`: looks first, builds the first event for the ordinal that it was told, and asks again. */
export function createMemoryStart({ shelf, now, gate }: JournalParts): Journal["startRun"] {
  return async (key, build) => {
    const issue = `${key.repositoryId}:${key.issueNumber}`;
    const ask = (first: First | null) =>
      gate({ port: "redis", what: first ? "start run" : "look for run" }, () =>
        start(shelf, issue, key.deliveryId, first),
      );
    let [outcome, answer] = await ask(null);
    while (outcome === "again") {
      const ordinal = Number(answer);
      const { runId, request } = build(ordinal);
      const event = chainEvent(beginning, now(), checkedEvent({ kind: "run.requested", data: request }));
      const entry = { id: "1-0", event: entryText(event), hash: event.hash, lease: "0:start" };
      const { repositoryId } = key;
      [outcome, answer] = await ask({ ordinal, runId, entry, repositoryId, branch: request.branch });
    }
    return { runId: answer, outcome };
  };
}

function start(shelf: Shelf, issue: string, deliveryId: string, first: First | null): Answer {
  const marks = marksOf(shelf, issue);
  const seen = marks.deliveries.get(deliveryId);
  if (seen) return ["already_started", seen];
  if (marks.active) {
    marks.deliveries.set(deliveryId, marks.active);
    return ["already_active", marks.active];
  }
  if (!first || first.ordinal !== marks.ordinal + 1) return ["again", String(marks.ordinal + 1)];
  const { ordinal, runId, entry, repositoryId, branch } = first;
  if (shelf.logs.has(runId)) {
    marks.ordinal = ordinal;
    return ["again", String(ordinal + 1)];
  }
  shelf.logs.set(runId, [entry]);
  Object.assign(marks, { active: runId, newest: runId, ordinal });
  marks.deliveries.set(deliveryId, runId);
  const view = { repositoryId, issue, status: "queued" as const, ended: false, missed: false, delivered: 0 };
  shelf.views.set(runId, view);
  shelf.active.add(runId);
  shelf.due.set(runId, 0);
  shelf.branches.set(`${repositoryId}:${branch}`, runId);
  return ["started", runId];
}
