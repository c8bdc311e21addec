import { beginning } from "../../../src/journal/hash-chain.ts";
import type { RunEvent } from "../../../src/run/events.ts";
import { evolve } from "../../../src/run/evolve.ts";
import type { Run } from "../../../src/run/run.ts";
import { readEntries } from "../ports/read-entries.ts";
import type { Shelf } from "../ports/shelf.ts";

/** How far a log was read, and what its run was then. */
export interface RunWatch {
  run: Run | null;
  runId: string;
  read: number;
}

/** The newest run, folded as its log grows, so that asking often costs little. */
export function watchRun(
  shelf: Shelf,
  from: RunWatch = { run: null, runId: "", read: 0 },
): { run(): Run | null; watched(): RunWatch } {
  let { run, runId, read } = from;
  return {
    run() {
      const newest = [...shelf.logs.keys()].at(-1);
      if (newest === undefined) return null;
      if (newest !== runId) [run, runId, read] = [null, newest, 0];
      const log = shelf.logs.get(runId) ?? [];
      // Redis may have gone back to an earlier state of the log.
      if (run && log[read - 1]?.hash !== run.head) [run, read] = [null, 0];
      for (; read < log.length; read++) {
        const entry = log[read];
        if (!entry) continue;
        const [event] = readEntries(runId, [entry], run ? { seq: run.seq, hash: run.head } : beginning);
        if (event) run = evolve(run, event);
      }
      return run;
    },
    watched: () => ({ run, runId, read }),
  };
}

/** All events of a run, verified to chain; throws `BrokenLog` when they do not. */
export function eventsOf(shelf: Shelf, runId: string): RunEvent[] {
  return readEntries(runId, shelf.logs.get(runId) ?? [], beginning);
}
