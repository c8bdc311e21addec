import type { EventData, NewEvent, RunEvent } from "../run/events.ts";
import type { RunRequest } from "../run/request.ts";
import type { Status } from "../run/status.ts";

/** The event logs of all runs. One writer at a time: an append needs a lease, and is refused when the log has moved on. */
export interface Journal {
  /**
   * The run that works on this issue: the active one if there is one, else a new one with the next ordinal.
   * One atomic step, keyed by repository and issue; the same delivery asked twice gets the same run.
   * `build` is called with the next ordinal and must be pure.
   */
  startRun(
    key: { repositoryId: number; issueNumber: number; deliveryId: string },
    build: (ordinal: number) => { runId: string; request: RunRequest },
  ): Promise<{ runId: string; outcome: "started" | "already_active" | "already_started" }>;
  /** newest run of an issue, ended or not */
  runOfIssue(repositoryId: number, issueNumber: number): Promise<string | null>;
  /** run that published this head SHA, or that owns this branch */
  runOfSha(repositoryId: number, sha: string): Promise<string | null>;
  runOfBranch(repositoryId: number, branch: string): Promise<string | null>;
  /** all events from `afterSeq` on, verified to chain; throws `BrokenLog` when they do not */
  read(runId: string, afterSeq?: number): Promise<readonly RunEvent[]>;
  /** calls back for every event from the first on until aborted, in order: the tail */
  follow(runId: string, onEvent: (event: RunEvent) => void, signal: AbortSignal): Promise<void>;
  /**
   * Appends one event under a lease. Throws `LeaseLost` when the lease is not ours any more, somebody else has written, or one of `contents`
   * (digests of blobs that the event refers to) is not there.
   */
  append(
    lease: Lease,
    last: { seq: number; hash: string },
    event: NewEvent,
    contents?: readonly string[],
  ): Promise<RunEvent>;
  /**
   * Views, which may lag: where the run stands, its head SHA, whether its issue is free again. Nothing but the SHA is written when the log
   * does not end with the entry `hash` any more, so that a view is never ahead of its log; left out, it is not compared.
   */
  index(
    runId: string,
    view: { status: Status; sha: string | null; branch: string; ended: boolean; hash?: string },
  ): Promise<void>;
  activeRuns(): Promise<readonly string[]>;
  /** what people and GitHub told a run, until it is taken into the log; the same id twice is kept once */
  deliver(runId: string, entry: InboxEntry): Promise<void>;
  inbox(runId: string): Promise<readonly InboxEntry[]>;
  /** drops entries that stand in the log now */
  clearInbox(runId: string, deliveryIds: readonly string[]): Promise<void>;
}

export interface InboxEntry {
  deliveryId: string;
  command: EventData<"command.received">["command"];
  actor: { id: number; login: string };
  step: number | null;
  why: string | null;
  /** for `review` only */
  reviewId?: number | undefined;
}

/** Sole ownership of a run for a short time. `signal` aborts the moment it can no longer be vouched for. */
export interface Lease {
  readonly runId: string;
  readonly worker: string;
  readonly epoch: number;
  readonly signal: AbortSignal;
  /** throws `LeaseLost` unless the lease surely still is ours, by the monotonic clock; asked before each external write */
  check(): void;
  /**
   * Gives it back, if it still is ours. `quietMs`: the sweep need not hint the run before then (it was put aside, e.g. by `TryLater`),
   * unless something is delivered to it; left out, the status that was indexed last says when: at once, or after a minute for a waiting run.
   */
  release(options?: { quietMs?: number }): Promise<void>;
}

export interface Leases {
  /** null when another holds it; besides a run, anything may be held that only one may write to at a time, under a name of its own */
  take(runId: string): Promise<Lease | null>;
  /** active runs that are due and that nobody holds (lease run out, given back or never taken): the one-second sweep hints them */
  orphans(): Promise<readonly string[]>;
}

/** Big things by SHA-256, compressed, with a lifetime. */
export interface Blobs {
  put(content: Uint8Array | string): Promise<string>;
  /** throws when it is gone */
  get(digest: string): Promise<Uint8Array>;
  getText(digest: string): Promise<string>;
}
