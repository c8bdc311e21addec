import { createRandom } from "../../kill/random.ts";
import { crashes, type Fault, type Mode, modes, type Schedule } from "./faults.ts";
import type { Boundary } from "./outside.ts";
import { calm, forgetful, type Setting } from "./setting.ts";

/** What kind of schedules a unit of work holds; one row of the table each. */
export const kinds = [
  "one crash",
  "two crashes while publishing",
  "one other fault",
  "crash loop",
  "storm of webhooks",
  "little money",
  "forgotten writes",
  "by seed",
] as const;
export type Kind = (typeof kinds)[number];

/** Some schedules under one setting whose first faults lie close together, so that one recording serves them all. */
export interface Unit {
  kind: Kind;
  setting: Setting;
  schedules: readonly Schedule[];
}

/** Looks of the sweep that nothing follows: a crash there is a crash of somebody who waits. */
export function isIdle(boundary: Boundary): boolean {
  return boundary.what === "orphans";
}

const usual = 60;
/** Many begin with the same crash, and are to share what follows it. */
const pairsInUnit = 240;

function units(kind: Kind, schedules: readonly Schedule[], setting = calm, inUnit = usual): Unit[] {
  const sorted = schedules.toSorted(([a], [b]) => order(a) - order(b));
  const all: Unit[] = [];
  for (let from = 0; from < sorted.length; from += inUnit)
    all.push({ kind, setting, schedules: sorted.slice(from, from + inUnit) });
  return all;
}

/** How a process itself may fare; what Redis may do to it is a family of its own. */
const faultsOfProcess = modes.filter((mode) => mode !== "forgotten");

const order = (first: Fault | undefined) => (first ? first.at * modes.length + modes.indexOf(first.mode) : 0);

const each = (boundaries: readonly Boundary[], some: readonly Mode[]): Schedule[] =>
  boundaries.filter((one) => !isIdle(one)).flatMap(({ n }) => some.map((mode) => [{ at: n, mode }]));

/** Every boundary times every kind of crash. */
export function oneCrash(boundaries: readonly Boundary[]): Unit[] {
  return units("one crash", each(boundaries, crashes));
}

/** What else can happen to a process at every boundary. */
export function oneOtherFault(boundaries: readonly Boundary[]): Unit[] {
  const others = faultsOfProcess.filter((mode) => !(crashes as readonly Mode[]).includes(mode));
  return units("one other fault", each(boundaries, others));
}

export function isPublishing(boundary: Boundary): boolean {
  return boundary.status === "publishing" && !isIdle(boundary);
}

/** This crash, and then another one wherever the run is still publishing: `boundaries` are those of the story with the first crash. */
export function secondCrash(first: Fault, boundaries: readonly Boundary[]): Schedule[] {
  return boundaries
    .filter(({ n }) => n > first.at)
    .filter(isPublishing)
    .flatMap(({ n }) => crashes.map((mode): Schedule => [first, { at: n, mode }]));
}

export function pairs(schedules: readonly Schedule[]): Unit[] {
  return units("two crashes while publishing", schedules, calm, pairsInUnit);
}

export function crashLoopUnits(schedules: readonly Schedule[]): Unit[] {
  return units("crash loop", schedules);
}

/** Each storm once without any crash, and twice with one. */
export function storms(count: number, seed: number, boundaries: number): Unit[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, nth) => {
    const crash = (): Schedule => [
      { at: 1 + Math.floor(random() * boundaries), mode: crashes[Math.floor(random() * 3)] ?? "before" },
    ];
    const schedules: Schedule[] = [[], crash(), crash()];
    return { kind: "storm of webhooks" as const, setting: { ...calm, storm: seed * 1_000 + nth }, schedules };
  });
}

/** Under this budget, every kind of fault at every call of the model and at what the log is told before and after it. */
export function littleMoney(budget: number, boundaries: readonly Boundary[]): Unit[] {
  const around = boundaries.filter(({ what }) => /^complete$|^append model\./.test(what));
  return units("little money", [[], ...each(around, faultsOfProcess)], { ...calm, budget });
}

/** Redis forgets its last writes, or all, at any call; alone, and with a crash soon after. */
export function forgottenWrites(boundaries: readonly Boundary[]): Schedule[] {
  return boundaries
    .filter((one) => !isIdle(one))
    .flatMap(({ n }): Schedule[] => {
      const forgotten = { at: n, mode: "forgotten" } as const;
      const mode = crashes[n % crashes.length] ?? "before";
      return [[forgotten], [forgotten, { at: n + 1 + (n % 7), mode }]];
    });
}

export function forgottenUnits(schedules: readonly Schedule[]): Unit[] {
  return units("forgotten writes", schedules, forgetful);
}

/**
 * As many schedules of one to four faults as are wanted, drawn by a seed: the same seed draws the same ones. The first fault is mostly a
 * crash, since what follows one need not be played from the beginning.
 */
export function bySeed(count: number, seed: number, boundaries: number): Unit[] {
  const random = createRandom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const draw = (): Schedule => {
    const faults: Fault[] = [];
    for (let at = 1 + pick(boundaries), left = 1 + pick(4); left > 0; left--) {
      const some: readonly Mode[] = faults.length === 0 && pick(4) > 0 ? crashes : faultsOfProcess;
      const mode = some[pick(some.length)] ?? "before";
      faults.push({ at, mode });
      at += 1 + pick(faults.length === 1 ? 40 : 120);
    }
    return faults;
  };
  return units("by seed", Array.from({ length: count }, draw));
}
