import type { DeliveryRecord } from "./delivery-log.ts";

/** Which requests a fault strikes: of those that match, `times` (default 1), beginning with the `nth` (default the 1st). */
type RequestMatcher = { method?: string; path?: RegExp; actor?: string; nth?: number; times?: number };

export type Fault =
  /** answer this instead; `applied: true` does the work first and then lies about it */
  | { status: number; headers?: Record<string, string>; body?: unknown; applied?: boolean }
  | { delayMs: number }
  /** the connection is reset before anything is done */
  | { dropBefore: true }
  /** the work is done and the connection is reset instead of an answer */
  | { dropAfter: true }
  /** no answer ever, and the work is done this much later */
  | { applyLaterMs: number }
  /** only so many bytes of the answer, then the connection is cut */
  | { truncate: number };

type DeliveryMatcher = { event?: string; action?: string; nth?: number; times?: number };
type JobMatcher = { workflow?: string; job?: string; times?: number };

type JobFault = "ignore" | "require_approval" | "never_start" | { conclude: string; log?: string };

/** What a test pulls. */
export type Levers = {
  fault: (matcher: RequestMatcher, fault: Fault) => void;
  /** every token handed out so far is expired now */
  expireTokens: () => void;
  /** how long tokens live from now on; an hour at first */
  tokenLifetime: (ms: number) => void;
  /** lists do not show what is younger than this */
  listLag: (ms: number) => void;
  webhooks: {
    drop: (matcher: DeliveryMatcher) => void;
    duplicate: (matcher: DeliveryMatcher) => void;
    delay: (matcher: DeliveryMatcher, ms: number) => void;
    /** deliveries are gathered until `quietMs` pass without a new one, and sent in an order that the seed decides */
    reorder: (seed: number | null, quietMs?: number) => void;
  };
  workflows: {
    /** nothing is started at all, as when Actions is down */
    ignore: (matcher?: JobMatcher) => void;
    /** jobs stay queued */
    neverStart: (matcher?: JobMatcher) => void;
    /** jobs are not run and end like this */
    conclude: (conclusion: string, matcher?: JobMatcher, log?: string) => void;
    /** runs wait for approval; GitHub calls that `action_required` */
    requireApproval: (matcher?: JobMatcher) => void;
  };
  /** back to a forge without faults */
  clear: () => void;
};

/** The side of the levers that the forge asks. */
export type LeverBoard = {
  levers: Levers;
  /** the fault that strikes this request, if any; counts it */
  strike: (request: { method: string; path: string; actor: string }) => Fault | null;
  tokenLifetimeMs: () => number;
  listLagMs: () => number;
  /** what becomes of a delivery: a list of delays, one for each copy to send; empty when it is lost */
  route: (record: DeliveryRecord) => number[];
  reordering: () => { seed: number; quietMs: number } | null;
  /** the fault for a workflow run (`job` null) or for one of its jobs */
  jobFault: (
    workflow: string,
    job: string | null,
    kind: "ignore" | "require_approval" | "job",
  ) => JobFault | null;
};

type Counted<M, F> = { matcher: M & { nth?: number; times?: number }; fault: F; seen: number };

/** Counts a match and says whether the fault strikes this one. */
function counts<M, F>(entry: Counted<M, F>): boolean {
  entry.seen += 1;
  const first = entry.matcher.nth ?? 1;
  return entry.seen >= first && entry.seen < first + (entry.matcher.times ?? 1);
}

const HOUR_MS = 3_600_000;

export function createLevers(expireTokens: () => void): LeverBoard {
  let faults: Counted<RequestMatcher, Fault>[] = [];
  let deliveryFaults: Counted<
    DeliveryMatcher,
    { kind: "drop" | "duplicate" } | { kind: "delay"; ms: number }
  >[] = [];
  let jobFaults: Counted<JobMatcher, JobFault>[] = [];
  let lifetimeMs = HOUR_MS;
  let lagMs = 0;
  let order: { seed: number; quietMs: number } | null = null;

  const forJobs = (fault: JobFault, matcher: JobMatcher = {}) => {
    jobFaults.push({ matcher: { times: Number.POSITIVE_INFINITY, ...matcher }, fault, seen: 0 });
  };
  const levers: Levers = {
    fault: (matcher, fault) => void faults.push({ matcher, fault, seen: 0 }),
    expireTokens,
    tokenLifetime: (ms) => {
      lifetimeMs = ms;
    },
    listLag: (ms) => {
      lagMs = ms;
    },
    webhooks: {
      drop: (matcher) => void deliveryFaults.push({ matcher, fault: { kind: "drop" }, seen: 0 }),
      duplicate: (matcher) => void deliveryFaults.push({ matcher, fault: { kind: "duplicate" }, seen: 0 }),
      delay: (matcher, ms) => void deliveryFaults.push({ matcher, fault: { kind: "delay", ms }, seen: 0 }),
      reorder: (seed, quietMs = 100) => {
        order = seed === null ? null : { seed, quietMs };
      },
    },
    workflows: {
      ignore: (matcher) => forJobs("ignore", matcher),
      neverStart: (matcher) => forJobs("never_start", matcher),
      requireApproval: (matcher) => forJobs("require_approval", matcher),
      conclude: (conclusion, matcher, log) =>
        forJobs({ conclude: conclusion, ...(log === undefined ? {} : { log }) }, matcher),
    },
    clear: () => {
      faults = [];
      deliveryFaults = [];
      jobFaults = [];
      lifetimeMs = HOUR_MS;
      lagMs = 0;
      order = null;
    },
  };

  return {
    levers,
    strike({ method, path, actor }) {
      const matching = faults.filter(
        ({ matcher }) =>
          (matcher.method === undefined || matcher.method === method) &&
          (matcher.path === undefined || matcher.path.test(path)) &&
          (matcher.actor === undefined || matcher.actor === actor),
      );
      // Every matching lever counts the request; the first that strikes decides.
      const [struck] = matching.filter(counts);
      return struck?.fault ?? null;
    },
    tokenLifetimeMs: () => lifetimeMs,
    listLagMs: () => lagMs,
    route(record) {
      const struck = deliveryFaults
        .filter(
          ({ matcher }) =>
            (matcher.event === undefined || matcher.event === record.event) &&
            (matcher.action === undefined || matcher.action === record.action),
        )
        .filter(counts)
        .map((entry) => entry.fault);
      if (struck.some((fault) => fault.kind === "drop")) return [];
      const delayMs = struck.reduce((sum, fault) => sum + (fault.kind === "delay" ? fault.ms : 0), 0);
      return struck.some((fault) => fault.kind === "duplicate") ? [delayMs, delayMs] : [delayMs];
    },
    reordering: () => order,
    jobFault(workflow, job, kind) {
      const entry = jobFaults.find(
        ({ matcher, fault }) =>
          (matcher.workflow === undefined || matcher.workflow === workflow) &&
          (matcher.job === undefined || matcher.job === job) &&
          (kind === "job" ? fault !== "ignore" && fault !== "require_approval" : fault === kind),
      );
      return entry !== undefined && counts(entry) ? entry.fault : null;
    },
  };
}
