import type { Invariant } from "./invariants.ts";
import type { Failure, Judged } from "./judge.ts";
import type { Boundary } from "./outside.ts";
import { isIdle, type Kind, kinds } from "./schedules.ts";

interface Row {
  schedules: number;
  failed: number;
  broken: Map<Invariant, number>;
}

/** Sums up what was judged, and says it in lines that fit a terminal. */
export function createTable(boundaries: readonly Boundary[]) {
  const rows = new Map<Kind, Row>();
  const failures: Failure[] = [];
  const notes: string[] = [];
  const recoveries: number[] = [];
  let calls = 0;

  function add(judged: Judged): void {
    const row = rows.get(judged.kind) ?? { schedules: 0, failed: 0, broken: new Map() };
    rows.set(judged.kind, row);
    row.schedules += judged.schedules;
    row.failed += judged.failures.length;
    calls += judged.calls;
    failures.push(...judged.failures);
    for (const ms of judged.recoveries) recoveries.push(ms);
    for (const { violations } of judged.failures) {
      for (const invariant of new Set(violations.map((each) => each.invariant)))
        row.broken.set(invariant, (row.broken.get(invariant) ?? 0) + 1);
    }
  }

  function lines(seconds: number, threads: number): string[] {
    const shown = kinds.flatMap((kind) => {
      const row = rows.get(kind);
      return row ? [line(kind, row)] : [];
    });
    const all = [...rows.values()].reduce((sum, row) => sum + row.schedules, 0);
    const idle = boundaries.filter(isIdle).length;
    return [
      "",
      head,
      ...shown,
      "",
      `${number(all)} schedules, ${number(calls)} calls, ${seconds.toFixed(0)} s on ${threads} threads`,
      `${boundaries.length - idle} boundaries in the undisturbed story (and ${idle} idle looks of the sweep)`,
      `the next worker reads the log after ${percentile(recoveries, 50)} (median), ${percentile(recoveries, 95)} (p95), ${percentile(recoveries, 100)} (longest) of virtual time`,
      ...notes,
      ...failures.slice(0, mostShown).flatMap(tell),
      ...(failures.length > mostShown ? [`… and ${failures.length - mostShown} more failures`] : []),
    ];
  }

  return { add, lines, note: (line: string) => void notes.push(line), failures: () => failures.length };
}

const mostShown = 20;
const columns: readonly (readonly [title: string, invariants: readonly Invariant[]])[] = [
  ["doubles", ["double"]],
  ["lost", ["lost"]],
  ["over budget", ["over budget"]],
  ["repeated", ["repeated"]],
  ["unfenced", ["unfenced"]],
  ["other", ["strayed", "untold", "leak", "slow", "broken"]],
];
const head = ["".padEnd(30), "schedules".padStart(10), ...columns.map(([title]) => title.padStart(12))].join(
  "",
);

function line(kind: Kind, row: Row): string {
  const counts = columns.map(([, invariants]) =>
    invariants.reduce((sum, each) => sum + (row.broken.get(each) ?? 0), 0),
  );
  return [
    kind.padEnd(30),
    number(row.schedules).padStart(10),
    ...counts.map((count) => number(count).padStart(12)),
  ].join("");
}

function tell({ seed, violations }: Failure): string[] {
  const what = violations.slice(0, 4).map((each) => `    ${each.invariant}: ${each.what.slice(0, 200)}`);
  return ["", `FAILED ${seed}    npm run test:chaos -- --replay ${seed}`, ...what];
}

function percentile(values: readonly number[], percent: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100));
  const ms = sorted[at];
  return ms === undefined ? "-" : `${(ms / 1_000).toFixed(1)} s`;
}

const number = (value: number) => value.toLocaleString("en");
