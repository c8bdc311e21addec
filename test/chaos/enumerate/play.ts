import type { Logger } from "../../../src/logger.ts";
import type { Run } from "../../../src/run/run.ts";
import { borrowGlobals } from "../borrow-globals.ts";
import type { Owner } from "../clock.ts";
import { createGithubFetch } from "../ports/github-fetch.ts";
import type { Defect } from "./defects.ts";
import type { Mode, Schedule } from "./faults.ts";
import { createForgetting, isOverAndForgotten } from "./forgetting.ts";
import { type Host, startHost } from "./host.ts";
import { createOutside, type Moment, type Outside } from "./outside.ts";
import { createProcess, type Fate, type Process } from "./process.ts";
import { recordWrites } from "./record-writes.ts";
import { calm, type Setting } from "./setting.ts";

export interface Played {
  outside: Outside;
  /** `asked`: the run waits for a person, which nobody in this story answers; `stuck`: nothing came of it in half an hour */
  ended: "done" | "asked" | "stuck";
  /** how many calls there were until then; those that follow only look */
  calls: number;
  /** writes that GitHub took although all was done */
  noise: number;
}

/** A crash that has just happened: how the world stands without the process, and at which call it died. */
export interface Crash {
  moment: Moment;
  n: number;
  mode: Mode;
}

export interface PlayOptions {
  setting?: Setting;
  /** one part of the product is broken */
  defect?: Defect;
  /** goes on after this crash; null: from the beginning */
  from?: Crash | null;
  watch?: (n: number, stage: "sent" | "done", outside: Outside) => void;
  log?: Logger;
}

const horizonMs = 30 * 60_000;
const quietMs = 70_000;
const settleMs = 10_000;
/** A standby is there at once; a process that is started again takes a while, or longer than a lease lasts. */
const replacedAfterMs = [0, 400, 7_000] as const;
const shifts: Partial<Record<Mode, number>> = { before: 0, unanswered: 1, unsaved: 2 };

/** Plays the story, with the faults of this schedule. The same schedule always takes the same course. */
export async function play(
  schedule: Schedule,
  { setting = calm, defect = {}, from = null, watch, log }: PlayOptions = {},
): Promise<Played> {
  const faults = new Map(schedule.map(({ at, mode }) => [at, mode]));
  const hosts: Host[] = [];
  const processes: Process[] = [];
  const fetches = new Map<Owner, typeof fetch>();
  const outside = createOutside(setting, from?.moment ?? null, send);
  const { clock } = outside;
  const forgetting = createForgetting(schedule, outside);
  const fate: Fate = {
    faults,
    replace: (n) => boot(replacementMs(n, faults.get(n) ?? "before")),
    watch(n, stage) {
      watch?.(n, stage, outside);
      if (stage === "sent") forgetting.pass(n);
    },
  };

  function boot(afterMs: number): void {
    const process = createProcess(outside, `host-${outside.deaths.length + 1}`, fate);
    processes.push(process);
    const fetch = createGithubFetch(recordWrites(outside, process.name), process.gate);
    fetches.set(process, defect.fetch?.(fetch) ?? fetch);
    clock.after(afterMs, process, async () => {
      hosts.push(await startHost(outside, process, { defect, log }));
    });
  }

  function send(guid: string, attempt: number): boolean {
    const host = hosts.find(({ process }) => process.state === "runs" && process.frozenUntil <= clock.now());
    const delivery = outside.data.deliveries.find((each) => each.guid === guid);
    if (!host || !delivery) return false;
    const answer = (status: "accepted" | "failed") => () => outside.nature.answered(guid, attempt, status);
    clock.after(0, host.process, () => {
      host.receive(delivery).then(answer("accepted"), answer("failed"));
    });
    return true;
  }

  const giveBack = borrowGlobals(clock, (input, init) => {
    const own = fetches.get(clock.owner());
    if (!own) throw new Error(`${clock.owner().name} has no network.`);
    return own(input, init);
  });
  try {
    if (from) {
      outside.deaths.push({ process: processAt(from), n: from.n, at: clock.monotonic() });
      outside.nature.goOn();
      boot(replacementMs(from.n, from.mode));
    } else {
      boot(0);
      outside.nature.begin();
    }
    const played = await clock.play(() => isOver(outside, processes, forgetting.lastAt()), horizonMs);
    const calls = outside.trace.length;
    const before = outside.writes.length;
    await clock.play(() => false, quietMs);
    const asked = outside.run()?.status === "awaiting_person";
    const ended = played === "done" ? (asked ? "asked" : "done") : "stuck";
    return { outside, ended, calls, noise: outside.writes.length - before };
  } finally {
    giveBack();
  }
}

function processAt({ moment, n }: Crash): string {
  return moment.trace[n - 1]?.process ?? "nobody";
}

/** Takes turns, so that every kind of crash meets every kind of successor. */
function replacementMs(n: number, mode: Mode): number {
  return replacedAfterMs[(n + (shifts[mode] ?? 0)) % replacedAfterMs.length] ?? 0;
}

/** What was told to a run and stands in its log nowhere. */
export function newInInbox({ inboxes }: Outside["shelf"], { id, commands }: Run): string[] {
  const known = new Set(commands.map(({ deliveryId }) => deliveryId));
  return [...(inboxes.get(id)?.keys() ?? [])].filter((deliveryId) => !known.has(deliveryId));
}

/** Nothing is under way any more: no job, no delivery, nothing planned; and the run has ended or waits for a person. */
function isOver(outside: Outside, processes: readonly Process[], forgotAt: number): boolean {
  const { clock, agenda, data, jobs, shelf } = outside;
  if (agenda.size > 0 || data.deliveries.some(({ status }) => status !== "accepted")) return false;
  // Work may be under way of which Redis knows nothing any more.
  if (forgotAt > clock.now() - settleMs) return false;
  // What thawed may have something to finish, such as a command that another has carried out since.
  if (processes.some(({ frozenUntil }) => frozenUntil > clock.now() - settleMs && frozenUntil > 0))
    return false;
  for (const { state } of jobs.all.values()) if (state !== "completed" && state !== "failed") return false;
  const run = outside.run();
  if (run === null && isOverAndForgotten(outside)) return true;
  if (run && newInInbox(shelf, run).length > 0) return false;
  return run !== null && (run.status === "awaiting_person" || shelf.views.get(run.id)?.ended === true);
}
