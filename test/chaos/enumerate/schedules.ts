import { crashes, type Fault, type Mode, modes, type Schedule } from "./faults.ts";
import type { Boundary } from "./outside.ts";

/** What kind of schedules a unit of work holds; one row of the table each. */
export const kinds = ["one crash", "two crashes while publishing", "one other fault", "by seed"] as const;
export type Kind = (typeof kinds)[number];

/** Some schedules whose first faults lie close together, so that one recording serves them all. */
export interface Unit {
  kind: Kind;
  schedules: readonly Schedule[];
}

/** Looks of the sweep that nothing follows: a crash there is a crash of somebody who waits. */
export function isIdle(boundary: Boundary): boolean {
  return boundary.what === "orphans";
}

const inUnit = 60;

function units(kind: Kind, schedules: readonly Schedule[]): Unit[] {
  const sorted = schedules.toSorted((a, b) => (a[0]?.at ?? 0) - (b[0]?.at ?? 0));
  const all: Unit[] = [];
  for (let from = 0; from < sorted.length; from += inUnit)
    all.push({ kind, schedules: sorted.slice(from, from + inUnit) });
  return all;
}

/** Every boundary times every kind of crash. */
export function oneCrash(boundaries: readonly Boundary[]): Unit[] {
  return units(
    "one crash",
    boundaries.filter((each) => !isIdle(each)).flatMap(({ n }) => crashes.map((mode) => [{ at: n, mode }])),
  );
}

/** What else can happen to a process at every boundary. */
export function oneOtherFault(boundaries: readonly Boundary[]): Unit[] {
  const others = modes.filter((mode) => !(crashes as readonly Mode[]).includes(mode));
  return units(
    "one other fault",
    boundaries.filter((each) => !isIdle(each)).flatMap(({ n }) => others.map((mode) => [{ at: n, mode }])),
  );
}

export function isPublishing(boundary: Boundary): boolean {
  return boundary.status === "publishing" && !isIdle(boundary);
}

/** This crash, and then another one wherever the run is still publishing: `boundaries` are those of the story with the first crash. */
export function secondCrash(first: Fault, boundaries: readonly Boundary[]): Schedule[] {
  return boundaries
    .filter((each) => each.n > first.at && isPublishing(each))
    .flatMap(({ n }) => crashes.map((mode): Schedule => [first, { at: n, mode }]));
}

/** As many schedules of one to four faults as are wanted, drawn by a seed: the same seed draws the same ones. */
export function bySeed(count: number, seed: number, boundaries: number): Unit[] {
  const random = mulberry32(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const draw = (): Schedule => {
    const faults: Fault[] = [];
    for (let at = 1 + pick(boundaries), left = 1 + pick(4); left > 0; left--) {
      const mode = modes[pick(modes.length)] ?? "before";
      faults.push({ at, mode });
      at += 1 + pick(faults.length === 1 ? 40 : 120);
    }
    return faults;
  };
  return units("by seed", Array.from({ length: count }, draw));
}

/** A small seeded generator; https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
