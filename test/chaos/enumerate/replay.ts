import { parseSeed } from "./faults.ts";
import { violationsOf } from "./invariants.ts";
import { play } from "./play.ts";
import { eventsOf } from "./run-watch.ts";
import { undisturbed } from "./undisturbed.ts";

/** Plays one schedule and tells it call by call. 0 when every invariant holds. */
export async function replay(seed: string, say: (line: string) => void): Promise<number> {
  const { setting, schedule } = parseSeed(seed);
  const played = await play(schedule, { setting });
  const { trace, deaths, shelf, run } = played.outside;
  for (const { n, at, process, status, port, what } of trace) {
    const fault = schedule.find((each) => each.at === n);
    const time = (at / 1_000).toFixed(3).padStart(8);
    say(
      `${String(n).padStart(4)} ${time} s ${process} ${status} · ${port}: ${what}${fault ? `   <== ${fault.mode}` : ""}`,
    );
  }
  say("");
  const runId = run()?.id;
  for (const event of runId ? eventsOf(shelf, runId) : [])
    say(`${String(event.seq).padStart(4)} ${event.kind} ${JSON.stringify(event.data).slice(0, 160)}`);
  const violations = violationsOf(played, await undisturbed());
  say(`\n${seed}: ${played.ended}, ${deaths.length} faults, ${trace.length} calls`);
  for (const { invariant, what } of violations) say(`${invariant}: ${what}`);
  say(violations.length === 0 ? "Every invariant holds." : `${violations.length} violations.`);
  return violations.length === 0 ? 0 : 1;
}
