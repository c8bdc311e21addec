import { readFileSync } from "node:fs";
import { renderNotice } from "../src/report/notice.ts";
import type { RunEvent } from "../src/run/events.ts";
import { evolve } from "../src/run/evolve.ts";
import { opKeys } from "../src/run/op-keys.ts";
import type { Run } from "../src/run/run.ts";
import type { StageOptions } from "./options.ts";
import type { Process } from "./product.ts";
import { type Stage, setStage } from "./stage.ts";

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
const LOG_TAIL = 4_000;

/**
 * The main job once, from the label to where the run rests: green and ready, a question, or an end.
 * Everything is learned from the run's log, as any observer would. The stage is left standing for whoever wants to look; close it.
 * When it is interrupted, or the product's processes end by themselves, the stage is taken down and the reason thrown.
 */
export async function carryOut(
  options: StageOptions,
  watch: Watcher,
  scene: Scene | null,
  interrupted: AbortSignal,
): Promise<CarriedOut> {
  const stage = await setStage(options);
  try {
    const trouble = createTrouble(stage, interrupted);
    return await Promise.race([followToRest(stage, watch, scene, trouble), trouble.found]);
  } catch (error) {
    await stage.close();
    throw error;
  }
}

async function followToRest(
  stage: Stage,
  watch: Watcher,
  scene: Scene | null,
  trouble: Trouble,
): Promise<CarriedOut> {
  let worker = trouble.watch(stage.startWorker());
  let kills = 0;
  const startedAt = Date.now();
  const issue = await stage.askForFix();
  const ended = AbortSignal.timeout(LONGEST_MS);
  const runId = await stage.runOf(issue, ended);
  const events: RunEvent[] = [];
  let run: Run | null = null;
  const rest = new AbortController();
  await stage.journal.follow(
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
    AbortSignal.any([rest.signal, ended, trouble.signal]),
  );
  if (!run) throw new Error("The run left no events.");
  if (!rest.signal.aborted) throw new Error(`The run came to no rest within ${LONGEST_MS / 60_000} minutes.`);
  return { stage, run, events, ms: Date.now() - startedAt, kills };
}

/** The run waits for people or has ended, and the comment that says so is made: nothing more happens by itself. */
export function isAtRest(run: Run): boolean {
  const notice = renderNotice(run);
  if (!notice) return run.ended !== null;
  return run.effects[opKeys.comment(notice.key)]?.status === "done";
}

interface Trouble {
  /** rejects when there is nothing more to wait for */
  found: Promise<never>;
  signal: AbortSignal;
  expect(process: Process): void;
  watch(process: Process): Process;
}

/** An interruption, or a worker that ends by itself: it could not start, and its log says why. One that we kill is expected to. */
function createTrouble(stage: Stage, interrupted: AbortSignal): Trouble {
  const expected = new Set<Process>();
  const trouble = new AbortController();
  const found = new Promise<never>((_, reject) => {
    trouble.signal.addEventListener("abort", () => reject(trouble.signal.reason), { once: true });
  });
  found.catch(() => undefined);
  const watched = new Set<Process>();
  const pass = () => {
    trouble.abort(interrupted.reason);
    // A worker hands its run over in good order, which can take as long as an installation; here nobody takes it over.
    for (const process of watched) void process.kill();
  };
  if (interrupted.aborted) pass();
  else interrupted.addEventListener("abort", pass, { once: true });
  return {
    found,
    signal: trouble.signal,
    expect: (process) => expected.add(process),
    watch(process) {
      watched.add(process);
      void process.exited.then((code) => {
        if (expected.has(process)) return;
        const log = readFileSync(stage.logFile, "utf8").slice(-LOG_TAIL);
        trouble.abort(new Error(`The worker ended with ${code}. The end of its log:\n${log}`));
      });
      return process;
    },
  };
}
