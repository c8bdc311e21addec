import { crashes, type Fault, type Mode, type Schedule } from "./faults.ts";
import type { Moment } from "./outside.ts";
import { type Crash, type Played, play } from "./play.ts";
import type { Setting } from "./setting.ts";

/**
 * The story under a setting, from the beginning or from a crash on and without any further fault, with the moments around some of its calls:
 * what goes on from there need not begin at the beginning.
 */
export interface Recording {
  setting: Setting;
  from: Crash | null;
  played: Played;
  moments: Record<"sent" | "done", ReadonlyMap<number, Moment>>;
}

export async function record(
  setting: Setting,
  numbers: Iterable<number> = [],
  from: Crash | null = null,
): Promise<Recording> {
  const wanted = new Set(numbers);
  const moments = { sent: new Map<number, Moment>(), done: new Map<number, Moment>() };
  const played = await play([], {
    setting,
    from,
    watch(n, stage, outside) {
      if (wanted.has(n)) moments[stage].set(n, outside.moment());
    },
  });
  return { setting, from, played, moments };
}

/** Plays a schedule from the moment of its first crash if the recording has it, else from where the recording begins: the outcome is the same. */
export async function playFrom(recording: Recording, schedule: Schedule): Promise<Played> {
  const { setting, from, played } = recording;
  const [first, ...rest] = schedule;
  if (!first) return played;
  const crash = crashAt(recording, first);
  return crash ? play(rest, { setting, from: crash }) : play(schedule, { setting, from });
}

/** Plays some schedules, one after the other; those that begin with the same crash share what comes before their second fault. */
export function createPlayer(
  recording: Recording,
  schedules: readonly Schedule[],
): (schedule: Schedule) => Promise<Played> {
  let shared: { first: Fault; recording: Recording } | null = null;
  return async (schedule) => {
    const [first, ...rest] = schedule;
    const crash = first && rest.length > 0 ? crashAt(recording, first) : null;
    if (!first || !crash) return playFrom(recording, schedule);
    if (!shared || !isSame(shared.first, first)) {
      const alike = schedules.filter(([each]) => each && isSame(each, first));
      if (alike.length < worthSharing) return playFrom(recording, schedule);
      const seconds = alike.flatMap(([, second]) => second?.at ?? []);
      shared = { first, recording: await record(recording.setting, seconds, crash) };
    }
    return playFrom(shared.recording, rest);
  };
}

/** For fewer than these, to play the story once more for its moments costs more than it saves. */
const worthSharing = 4;

function isSame(one: Fault, other: Fault): boolean {
  return one.at === other.at && one.mode === other.mode;
}

function crashAt({ moments }: Recording, { at, mode }: Fault): Crash | null {
  if (!(crashes as readonly Mode[]).includes(mode)) return null;
  const moment = moments[mode === "before" ? "sent" : "done"].get(at);
  return moment ? { moment, n: at, mode } : null;
}
