import { seedOf } from "./faults.ts";
import { recoveries } from "./invariants/recovery.ts";
import { type Violation, violationsOf } from "./invariants.ts";
import { createPlayer, record } from "./moments.ts";
import type { Played } from "./play.ts";
import type { Unit } from "./schedules.ts";
import { undisturbed } from "./undisturbed.ts";

/** What came of one schedule; nothing but its seed is needed to see it again. */
export interface Failure {
  seed: string;
  violations: readonly Violation[];
}

export interface Judged {
  kind: Unit["kind"];
  schedules: number;
  /** calls that were played, all stories together */
  calls: number;
  failures: readonly Failure[];
  /** ms of virtual time from each death to the next worker, where the run was at work */
  recoveries: readonly number[];
}

/** Plays every schedule of a unit and checks the invariants after each. */
export async function judge({ kind, setting, schedules }: Unit): Promise<Judged> {
  const recording = await record(
    setting,
    schedules.flatMap(([first]) => (first ? [first.at] : [])),
  );
  const playOne = createPlayer(recording, schedules);
  const failures: Failure[] = [];
  const resumed: number[] = [];
  let calls = 0;
  for (const schedule of schedules) {
    const played = await orBroke(playOne(schedule));
    if ("broke" in played) {
      failures.push({
        seed: seedOf(schedule, setting),
        violations: [{ invariant: "broken", what: played.broke }],
      });
      continue;
    }
    const violations = violationsOf(played, await undisturbed());
    if (violations.length > 0) failures.push({ seed: seedOf(schedule, setting), violations });
    resumed.push(...recoveries(played));
    calls += played.outside.trace.length;
  }
  return { kind, schedules: schedules.length, calls, failures, recoveries: resumed };
}

async function orBroke(playing: Promise<Played>): Promise<Played | { broke: string }> {
  try {
    return await playing;
  } catch (error) {
    return {
      broke: `the story itself broke: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    };
  }
}
