/** One SIGKILL of a worker, by its name in the journal. */
export interface Kill {
  worker: string;
  /** ms since 1970 */
  at: number;
}

/** A worker says when it takes a run and when it gives it back; ms since 1970. */
interface Hold {
  worker: string;
  run: string;
  epoch: number;
  takenAt: number;
  /** null: it never did */
  givenBackAt: number | null;
}

/** What the logs of all workers (JSON lines, level debug) tell of who held which run. */
export function holdsIn(log: string): Hold[] {
  const holds = new Map<string, Hold>();
  for (const line of log.split("\n")) {
    if (!line.includes('"took the run"') && !line.includes('"gave the run back"')) continue;
    const { run, worker, epoch, time, msg } = JSON.parse(line) as Omit<Hold, "takenAt"> & {
      time: number;
      msg: string;
    };
    const key = `${run} ${epoch}`;
    if (msg === "took the run") holds.set(key, { worker, run, epoch, takenAt: time, givenBackAt: null });
    const hold = holds.get(key);
    if (msg === "gave the run back" && hold) hold.givenBackAt = time;
  }
  return [...holds.values()];
}

/** For each run that a worker held when it was killed: ms until another took it. */
export function recoveries(holds: readonly Hold[], kills: readonly Kill[]): number[] {
  return kills.flatMap(({ worker, at }) =>
    holds
      .filter((hold) => hold.worker === worker && hold.takenAt <= at && (hold.givenBackAt ?? at) >= at)
      .flatMap(({ run, epoch }) => {
        const next = holds
          .filter((hold) => hold.run === run && hold.epoch > epoch)
          .map(({ takenAt }) => takenAt);
        return next.length > 0 ? [Math.min(...next) - at] : [];
      }),
  );
}

/** The value below which this share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
