import type { InboxEntry } from "../../../src/journal/journal.ts";
import type { Status } from "../../../src/run/status.ts";

/** An entry of a log as the stream holds it. */
export interface LogEntry {
  id: string;
  event: string;
  hash: string;
  /** token of the lease under which it was written */
  lease: string;
}

interface RunView {
  repositoryId: number;
  issue: string;
  status: Status;
  ended: boolean;
  /** somebody came while another held the run */
  missed: boolean;
  delivered: number;
}

export interface IssueMarks {
  active: string | null;
  newest: string | null;
  ordinal: number;
  /** run by delivery */
  deliveries: Map<string, string>;
}

/** What the journal's part of Redis holds, as plain data: it outlives every process, and can be copied. */
export interface Shelf {
  /** the store's own clock, ms since 1970 */
  now: () => number;
  logs: Map<string, LogEntry[]>;
  leases: Map<string, { token: string; until: number }>;
  epochs: Map<string, number>;
  inboxes: Map<string, Map<string, { order: number; entry: InboxEntry }>>;
  views: Map<string, RunView>;
  issues: Map<string, IssueMarks>;
  active: Set<string>;
  /** run → ms since 1970 from which the sweep should look at it */
  due: Map<string, number>;
  shas: Map<string, string>;
  branches: Map<string, string>;
  blobs: Map<string, Uint8Array>;
  effects: Map<string, Map<string, string>>;
}

export function emptyShelf(now: () => number): Shelf {
  return {
    now,
    logs: new Map(),
    leases: new Map(),
    epochs: new Map(),
    inboxes: new Map(),
    views: new Map(),
    issues: new Map(),
    active: new Set(),
    due: new Map(),
    shas: new Map(),
    branches: new Map(),
    blobs: new Map(),
    effects: new Map(),
  };
}

/** What is known of an issue, from now on if there was nothing yet. */
export function marksOf(shelf: Shelf, issue: string): IssueMarks {
  const marks = shelf.issues.get(issue) ?? { active: null, newest: null, ordinal: 0, deliveries: new Map() };
  shelf.issues.set(issue, marks);
  return marks;
}

/** Who holds a run now; null when its lease has run out. */
export function holderOf(shelf: Shelf, runId: string): string | null {
  const lease = shelf.leases.get(runId);
  return lease && lease.until > shelf.now() ? lease.token : null;
}

/** Something waits for the run: in its inbox, or somebody came in vain. */
export function isAwaited(shelf: Shelf, runId: string): boolean {
  return (shelf.inboxes.get(runId)?.size ?? 0) > 0 || shelf.views.get(runId)?.missed === true;
}

/** The same content on another clock. What is replaced and never changed in place is shared. */
export function copyShelf(shelf: Shelf, now: () => number): Shelf {
  const copyEach = <K, V>(from: Map<K, V>, copy: (value: V) => V) =>
    new Map([...from].map(([key, value]) => [key, copy(value)]));
  return {
    now,
    logs: copyEach(shelf.logs, (log) => [...log]),
    leases: new Map(shelf.leases),
    epochs: new Map(shelf.epochs),
    inboxes: copyEach(shelf.inboxes, (inbox) => new Map(inbox)),
    views: copyEach(shelf.views, (view) => ({ ...view })),
    issues: copyEach(shelf.issues, (marks) => ({ ...marks, deliveries: new Map(marks.deliveries) })),
    active: new Set(shelf.active),
    due: new Map(shelf.due),
    shas: new Map(shelf.shas),
    branches: new Map(shelf.branches),
    blobs: new Map(shelf.blobs),
    effects: copyEach(shelf.effects, (ofScope) => new Map(ofScope)),
  };
}
