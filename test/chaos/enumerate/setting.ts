import type { Limits } from "../../../src/run/request.ts";
import { limits } from "./story.ts";

/** What the story is played under, apart from the faults. Plain data; a part of every seed. */
export interface Setting {
  /** what the run may cost, in thousandths of a dollar; null: more than it needs */
  budget: number | null;
  /** how the webhooks come: null, one after the other; else doubled and out of order, by this seed */
  storm: number | null;
  /** whether Redis keeps what it has acknowledged; where it does not, the reconciler looks on, each ten seconds */
  redis: "keeps" | "forgets";
}

export const calm: Setting = { budget: null, storm: null, redis: "keeps" };
export const forgetful: Setting = { ...calm, redis: "forgets" };

export function limitsOf({ budget }: Setting): Limits {
  return budget === null ? limits : { ...limits, nanoUsd: budget * 1_000_000 };
}

/** `budget104.storm7`; empty when nothing is out of the ordinary. */
export function nameOf({ budget, storm, redis }: Setting): string {
  return [
    budget === null ? [] : `budget${budget}`,
    storm === null ? [] : `storm${storm}`,
    redis === "keeps" ? [] : "forgetful",
  ]
    .flat()
    .join(".");
}

/** Throws when it is no name of a setting. */
export function parseSetting(name: string): Setting {
  const [all, budget, storm, forgetful] =
    /^(?:budget(\d+))?\.?(?:storm(\d+))?\.?(forgetful)?$/.exec(name) ?? [];
  if (all === undefined) throw new Error(`"${name}" is no setting; one looks like budget104 or storm7.`);
  return {
    budget: budget === undefined ? null : Number(budget),
    storm: storm === undefined ? null : Number(storm),
    redis: forgetful === undefined ? "keeps" : "forgets",
  };
}
