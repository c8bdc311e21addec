import type { RunEvent } from "../../src/run/events.ts";

/** One SIGKILL of a worker, by its name in the journal. */
export interface Kill {
  worker: string;
  /** ms since 1970 */
  at: number;
}

/**
 * For each run that the killed worker held: ms from the kill to the run's next event, which another worker wrote. Runs that were
 * between two turns then are left out: nobody had to be waited for.
 */
export function recoveries(events: readonly RunEvent[], kills: readonly Kill[]): number[] {
  return kills.flatMap(({ worker, at }) => {
    const before = events.filter((event) => event.at <= at);
    const after = events.find((event) => event.at > at);
    if (heldBy(before) !== worker || !after || before.at(-1)?.kind === "run.ended") return [];
    return [after.at - at];
  });
}

function heldBy(events: readonly RunEvent[]): string | null {
  const last = events.findLast((event) => event.kind === "lease.taken" || event.kind === "lease.given_back");
  return last?.kind === "lease.taken" ? last.data.worker : null;
}

/** The value below which this share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
