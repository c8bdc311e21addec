import { describe, expect, it } from "vitest";
import { crashLoops } from "./enumerate/crash-loops.ts";
import { type Defect, defects } from "./enumerate/defects.ts";
import type { Mode, Schedule } from "./enumerate/faults.ts";
import { type Invariant, violationsOf } from "./enumerate/invariants.ts";
import { judge } from "./enumerate/judge.ts";
import { createPlayer, record } from "./enumerate/moments.ts";
import type { Boundary } from "./enumerate/outside.ts";
import { play } from "./enumerate/play.ts";
import {
  bySeed,
  forgottenUnits,
  forgottenWrites,
  isPublishing,
  littleMoney,
  oneCrash,
  oneOtherFault,
  pairs,
  secondCrash,
  storms,
  type Unit,
} from "./enumerate/schedules.ts";
import { calm, forgetful } from "./enumerate/setting.ts";
import { undisturbed } from "./enumerate/undisturbed.ts";

/** A fixed selection of what `npm run test:chaos` plays in full: every so many of each family. */
async function boundariesOf(setting = calm): Promise<readonly Boundary[]> {
  if (setting !== calm) return (await record(setting)).played.outside.trace;
  known ??= record(calm).then(({ played }) => played.outside.trace);
  return known;
}

let known: Promise<readonly Boundary[]> | null = null;

const every = (nth: number, units: readonly Unit[]): Unit[] => {
  const schedules = units.flatMap((unit) => unit.schedules).filter((_, index) => index % nth === nth - 1);
  const [first] = units;
  if (!first || schedules.length === 0) throw new Error("Nothing would be played.");
  return [{ ...first, schedules }];
};

async function failuresOf(units: readonly Unit[]) {
  const failures = [];
  for (const unit of units) failures.push(...(await judge(unit)).failures);
  return failures;
}

/** One fault at the `nth` call of this kind in the story. */
async function faultAt(what: RegExp, nth: number, mode: Mode): Promise<Schedule> {
  const call = (await boundariesOf()).filter((each) => what.test(each.what)).at(nth);
  if (!call) throw new Error(`The story has no call ${what} number ${nth}.`);
  return [{ at: call.n, mode }];
}

async function brokenBy(schedule: Schedule, defect?: Defect): Promise<Invariant[]> {
  const played = await play(schedule, defect ? { defect } : {});
  return [...new Set(violationsOf(played, await undisturbed()).map(({ invariant }) => invariant))];
}

describe("a run", () => {
  it("comes out the same after a crash at any call", async () => {
    expect(await failuresOf(every(311, oneCrash(await boundariesOf())))).toEqual([]);
  });

  it("comes out the same after late answers, broken connections, standing still and SIGTERM", async () => {
    expect(await failuresOf(every(499, oneOtherFault(await boundariesOf())))).toEqual([]);
  });

  it("comes out the same after two crashes while publishing", async () => {
    const [first] = (await boundariesOf()).filter(isPublishing).slice(9);
    if (!first) throw new Error("The story publishes.");
    const crash = { at: first.n, mode: "unanswered" } as const;
    const { outside } = await play([crash]);
    expect(await failuresOf(every(29, pairs(secondCrash(crash, outside.trace))))).toEqual([]);
  });

  it("comes out the same after several faults of every kind", async () => {
    expect(await failuresOf(bySeed(4, 7, (await boundariesOf()).length))).toEqual([]);
  });

  it("comes out the same when its webhooks come doubled and out of turn", async () => {
    expect(await failuresOf(storms(1, 7, (await boundariesOf()).length))).toEqual([]);
  });

  it("never costs more than it may, and asks when the next call might", async () => {
    const setting = { ...calm, budget: 89 };
    const boundaries = await boundariesOf(setting);
    const last = boundaries.findLast(({ what }) => what === "complete");
    // A question that may have been answered and billed is a question that has to be paid, and room for another there is not.
    const unheard: Unit = {
      kind: "little money",
      setting,
      schedules: [[{ at: last?.n ?? 0, mode: "lost" }]],
    };
    expect(await failuresOf([...every(14, littleMoney(89, boundaries)), unheard])).toEqual([]);
  });

  it("leaves no double and ends well when Redis comes back without its last writes", async () => {
    const { played } = await record(forgetful);
    const boundaries = played.outside.trace.slice(0, played.calls);
    expect(await failuresOf(every(117, forgottenUnits(forgottenWrites(boundaries))))).toEqual([]);
  });

  it("stops after five crashes in a row and asks people, once", async () => {
    const working = (await boundariesOf()).filter(({ status }) => status === "executing").slice(0, 40);
    const loops = await crashLoops(working);
    expect(await failuresOf(loops)).toEqual([]);
    for (const schedule of loops.flatMap(({ schedules }) => schedules)) {
      const { outside, ended } = await play(schedule);
      expect([ended, outside.run()?.asked?.reason]).toEqual(["asked", "internal"]);
    }
  });
});

describe("a schedule", () => {
  it("takes the same course from a recording of what comes before its faults as from the beginning", async () => {
    const [first] = (await boundariesOf()).filter(isPublishing).slice(9);
    if (!first) throw new Error("The story publishes.");
    const crash = { at: first.n, mode: "unanswered" } as const;
    const { outside } = await play([crash]);
    const all = secondCrash(crash, outside.trace);
    const some = [3, 10, 20, -1].map((nth) => all.at(nth) ?? []);
    const playOne = createPlayer(await record(calm, [first.n]), some);
    for (const schedule of some) {
      const [whole, part] = [await play(schedule), await playOne(schedule)];
      expect(part.outside.trace).toEqual(whole.outside.trace);
      expect(part.outside.writes).toEqual(whole.outside.writes);
    }
  });
});

describe("the enumeration, when a part of the product is broken on purpose,", () => {
  it.each<[what: string, Defect, Invariant, RegExp, number, Mode]>([
    [
      "an effect that does not look after doubt makes a twin",
      defects.blind,
      "double",
      /^POST .*\/check-runs$/,
      0,
      "unanswered",
    ],
    [
      "a worker that does not check its lease writes unfenced",
      defects.unfenced,
      "unfenced",
      /^append effect.intended$/,
      4,
      "frozen",
    ],
    [
      "a journal that asks for no epoch takes a step twice",
      defects.lenient,
      "repeated",
      /^complete$/,
      3,
      "frozen",
    ],
  ])("sees that %s", async (_, defect, invariant, what, nth, mode) => {
    const schedule = await faultAt(what, nth, mode);
    expect(await brokenBy(schedule, defect)).toContain(invariant);
    expect(await brokenBy(schedule)).toEqual([]);
  });

  it("sees that a price table which is too low spends more than is counted", async () => {
    expect(await brokenBy([], defects.cheap)).toEqual(["over budget"]);
  });
});
