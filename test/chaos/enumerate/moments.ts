import { crashes, type Fault, type Mode, type Schedule } from "./faults.ts";
import type { Moment } from "./outside.ts";
import { type Played, play } from "./play.ts";
import type { Setting } from "./setting.ts";

/** The story without any fault under a setting, with the moments around some of its calls: what goes on from there need not begin at the beginning. */
export interface Recording {
  setting: Setting;
  played: Played;
  moments: Record<"sent" | "done", ReadonlyMap<number, Moment>>;
}

export async function record(setting: Setting, numbers: Iterable<number> = []): Promise<Recording> {
  const wanted = new Set(numbers);
  const moments = { sent: new Map<number, Moment>(), done: new Map<number, Moment>() };
  const played = await play([], {
    setting,
    watch(n, stage, outside) {
      if (wanted.has(n)) moments[stage].set(n, outside.moment());
    },
  });
  return { setting, played, moments };
}

/** Plays a schedule from the moment of its first crash if the recording has it, else from the beginning: the outcome is the same. */
export async function playFrom(recording: Recording, schedule: Schedule): Promise<Played> {
  const { setting } = recording;
  const [first, ...rest] = schedule;
  if (!first) return recording.played;
  const moment = momentOf(recording, first);
  if (!moment) return play(schedule, { setting });
  return play(rest, { setting, from: { moment, n: first.at, mode: first.mode } });
}

function momentOf({ moments }: Recording, { at, mode }: Fault): Moment | null {
  if (!(crashes as readonly Mode[]).includes(mode)) return null;
  return moments[mode === "before" ? "sent" : "done"].get(at) ?? null;
}
