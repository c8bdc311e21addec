import { isDeepStrictEqual } from "node:util";
import { type Outcome, outcomeOf } from "../outcome.ts";
import type { Played } from "../play.ts";
import { mayBeUnknown } from "./losses.ts";

/** A run that came to its end left what it leaves when nothing goes wrong. */
export function straying({ outside }: Played, undisturbed: Outcome): string[] {
  const outcome = outcomeOf(outside);
  const run = outside.run();
  if (outcome.ended === null || run === null) return [];
  return (Object.keys(undisturbed) as (keyof Outcome)[])
    .filter((part) => part !== "checkRuns" || !mayBeUnknown(outside, run))
    .filter((part) => !isDeepStrictEqual(outcome[part], undisturbed[part]))
    .map(
      (part) => `${part}: ${JSON.stringify(outcome[part])} instead of ${JSON.stringify(undisturbed[part])}`,
    );
}
