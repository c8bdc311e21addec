import { renderNotice } from "../src/report/notice.ts";
import type { RunEvent } from "../src/run/events.ts";
import { evolve } from "../src/run/evolve.ts";
import { opKeys } from "../src/run/op-keys.ts";
import type { Run } from "../src/run/run.ts";
import type { Process } from "./product.ts";
import { type Stage, type StageOptions, setStage } from "./stage.ts";

/** What is shown while a run goes on: each event of its log, with the run as it is after it. */
export type Watcher = (event: RunEvent, run: Run, stage: Stage) => void;

export interface CarriedOut {
  stage: Stage;
  run: Run;
  events: readonly RunEvent[];
  /** ms from the label to the run's rest */
  ms: number;
  /** workers that were killed on the way */
  kills: number;
}

/** What a scene does beside watching: the crash scene kills the worker in the middle. */
export interface Scene {
  /** asked after each event; true once: the worker is killed now, and another one started */
  killNow(event: RunEvent, run: Run): boolean;
}

const LONGEST_MS = 30 * 60_000;

/**
 * The main job once, from the label to where the run rests: green and ready, a question, or an end.
 * Everything is learned from the run's log, as any observer would. The stage is left standing for whoever wants to look; close it.
 */
export async function carryOut(
  options: StageOptions,
  watch: Watcher,
  scene: Scene | null,
): Promise<CarriedOut> {
  const stage = await setStage(options);
  try {
    const trouble = createTrouble(stage);
    let worker = trouble.watch(stage.startWorker());
    let kills = 0;
    const startedAt = Date.now();
    const issue = await stage.askForFix();
    const ended = AbortSignal.timeout(LONGEST_MS);
    const runId = await stage.runOf(issue, ended);
    const events: RunEvent[] = [];
    let run: Run | null = null;
    const rest = new AbortController();
    const follow = stage.journal.follow(
      runId,
      (event) => {
        events.push(event);
        run = evolve(run, event);
        watch(event, run, stage);
        if (scene?.killNow(event, run)) {
          kills += 1;
          trouble.expect(worker);
          void worker.kill();
          worker = trouble.watch(stage.startWorker());
        }
        if (isAtRest(run)) rest.abort();
      },
      AbortSignal.any([rest.signal, ended]),
    );
    await Promise.race([follow, trouble.found]);
    if (!run) throw new Error("The run left no events.");
    return { stage, run, events, ms: Date.now() - startedAt, kills };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** The run waits for people or has ended, and the comment that says so is made: nothing more happens by itself. */
export function isAtRest(run: Run): boolean {
  const notice = renderNotice(run);
  if (!notice) return run.ended !== null;
  return run.effects[opKeys.comment(notice.key)]?.status === "done";
}

/** A worker that ends by itself could not start: its log says why. One that we kill is expected to. */
function createTrouble(stage: Stage) {
  const expected = new Set<Process>();
  let report: (error: Error) => void = () => undefined;
  const found = new Promise<never>((_, reject) => {
    report = reject;
  });
  found.catch(() => undefined);
  return {
    found,
    expect: (process: Process) => expected.add(process),
    watch(process: Process): Process {
      void process.exited.then((code) => {
        if (!expected.has(process))
          report(new Error(`The worker ended with ${code}. Its log: ${stage.logFile}`));
      });
      return process;
    },
  };
}
