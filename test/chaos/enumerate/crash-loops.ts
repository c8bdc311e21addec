import type { Fault, Schedule } from "./faults.ts";
import type { Boundary } from "./outside.ts";
import { play } from "./play.ts";
import { crashLoopUnits, isIdle, type Unit } from "./schedules.ts";

const most = 10;
const apart = 40;

/** Ten crashes in a row, begun at every so many boundaries: whoever takes the run over dies as soon as it has said so in the log. */
export async function crashLoops(boundaries: readonly Boundary[]): Promise<Unit[]> {
  const begun = boundaries.filter((one) => !isIdle(one) && one.status !== "none" && one.n % apart === 0);
  const loops: Schedule[] = [];
  for (const { n } of begun) loops.push(await loopFrom({ at: n, mode: "before" }));
  return crashLoopUnits(loops);
}

/** Where the next worker begins is known once the crash before was played. */
async function loopFrom(first: Fault): Promise<Schedule> {
  const faults = [first];
  while (faults.length < most) {
    const last = faults.at(-1)?.at ?? 0;
    const { outside } = await play(faults);
    const next = outside.trace.find(({ n, what }) => n > last && what === "append lease.taken");
    if (!next) break;
    faults.push({ at: next.n, mode: "unanswered" });
  }
  return faults;
}
