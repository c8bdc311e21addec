export type JobKind = "command" | "advance";

export interface Job {
  id: string;
  kind: JobKind;
  data: unknown;
  state: "waiting" | "delayed" | "active" | "completed" | "failed";
  /** place in the line */
  order: number;
  /** when a delayed job may be taken, ms since 1970 */
  at: number;
  /** tries that failed */
  failures: number;
  /** who works on it, and until when its lock lasts */
  holder: string | null;
  lockedUntil: number;
  /** hints of one id are one job */
  oneOf: string | null;
}

/** What the queue's part of Redis holds, as plain data, and who listens to it. */
export interface Jobs {
  all: Map<string, Job>;
  orders: number;
  /** the store's own clock, ms since 1970 */
  now: () => number;
  /** told after each change; belongs to the living and is never copied */
  listeners: Set<() => void>;
}

export const timing = { lockMs: 5_000, renewMs: 2_500, stalledMs: 2_000, attempts: 5, backoffMs: 1_000 };

export function noJobs(now: () => number): Jobs {
  return { all: new Map(), orders: 0, now, listeners: new Set() };
}

/** The same jobs on another clock; nobody listens yet. */
export function copyJobs({ all, orders }: Jobs, now: () => number): Jobs {
  return { all: new Map([...all].map(([id, job]) => [id, { ...job }])), orders, now, listeners: new Set() };
}

export function addJob(
  jobs: Jobs,
  wanted: { id?: string; kind: JobKind; data: unknown; delayMs: number; oneOf?: string },
): void {
  jobs.orders += 1;
  const id = wanted.id ?? `h-${jobs.orders}`;
  jobs.all.set(id, {
    id,
    kind: wanted.kind,
    data: structuredClone(wanted.data),
    state: wanted.delayMs > 0 ? "delayed" : "waiting",
    order: jobs.orders,
    at: jobs.now() + wanted.delayMs,
    failures: 0,
    holder: null,
    lockedUntil: 0,
    oneOf: wanted.oneOf ?? null,
  });
  changed(jobs);
}

/** The oldest job of a kind that may be worked on, handed to `holder`; null when there is none. */
export function takeJob(jobs: Jobs, kind: JobKind, holder: string): Job | null {
  const [next] = readyJobs(jobs, kind);
  if (!next) return null;
  Object.assign(next, { state: "active", holder, lockedUntil: jobs.now() + timing.lockMs, oneOf: null });
  return structuredClone(next);
}

export function readyJobs(jobs: Jobs, kind: JobKind): Job[] {
  const now = jobs.now();
  return [...jobs.all.values()]
    .filter((job) => job.kind === kind)
    .filter((job) => job.state === "waiting" || (job.state === "delayed" && job.at <= now))
    .sort((a, b) => a.order - b.order);
}

/** When something will be ready without anybody's doing, ms since 1970; null when nothing will. */
export function nextReadyAt(jobs: Jobs): number | null {
  const times = [...jobs.all.values()].filter((job) => job.state === "delayed").map((job) => job.at);
  return times.length > 0 ? Math.min(...times) : null;
}

/** Ends one try of a job, if it still is this holder's. */
export function settle(
  jobs: Jobs,
  { id, holder }: Pick<Job, "id" | "holder">,
  outcome: { is: "done" | "given_up" | "failed" } | { is: "later"; afterMs: number } | { is: "put_back" },
): void {
  const job = jobs.all.get(id);
  if (job?.state !== "active" || job.holder !== holder) return;
  job.holder = null;
  switch (outcome.is) {
    case "done":
      if (job.kind === "advance") jobs.all.delete(id);
      else job.state = "completed";
      break;
    case "put_back":
      job.state = "waiting";
      break;
    case "later":
      Object.assign(job, { state: "delayed", at: jobs.now() + outcome.afterMs });
      break;
    case "given_up":
      job.state = "failed";
      break;
    case "failed":
      job.failures += 1;
      if (job.failures >= timing.attempts) job.state = "failed";
      else
        Object.assign(job, { state: "delayed", at: jobs.now() + timing.backoffMs * 2 ** (job.failures - 1) });
      break;
    default:
      outcome satisfies never;
  }
  changed(jobs);
}

export function renewLock(jobs: Jobs, { id, holder }: Pick<Job, "id" | "holder">): boolean {
  const job = jobs.all.get(id);
  if (job?.state !== "active" || job.holder !== holder) return false;
  job.lockedUntil = jobs.now() + timing.lockMs;
  return true;
}

/** Jobs whose worker is gone are handed out again. */
export function putBackStalled(jobs: Jobs): void {
  for (const job of jobs.all.values()) {
    if (job.state !== "active" || job.lockedUntil > jobs.now()) continue;
    Object.assign(job, { state: "waiting", holder: null });
    changed(jobs);
  }
}

export function changed(jobs: Jobs): void {
  for (const listener of [...jobs.listeners]) listener();
}
