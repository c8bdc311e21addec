import type { Run } from "./run.ts";

/** How the published head stands to its base branch, as GitHub says. */
export interface BaseFacts {
  /** SHA of the tip of the base branch */
  tip: string;
  /** SHA of the newest commit that both have */
  mergeBase: string;
  /** the tip holds commits that the head does not */
  behind: boolean;
  /** what merging them would give; `unknown` while GitHub is still working it out */
  merge: "clean" | "conflict" | "unknown";
  /** the base branch takes only what contains its tip (strict required checks) */
  mustContainTip: boolean;
}

export type BaseDecision =
  | { do: "go_on"; standing: "current" | "behind" }
  | { do: "ask_again" }
  | { do: "update" }
  | { do: "merge" }
  | { do: "ask"; question: string };

/** A busy base would have its every commit proved here, for ever: each time costs a CI, and after a conflict a step. */
const MOST_UPDATES = 3;

/** GitHub works `mergeable` out within seconds; longer than this it is not waited for, and nothing is believed of it. */
const LONGEST_UNKNOWN_MS = 600_000;

/** What the base asks for before CI is believed on this head, and before it becomes ready. `waitedMs`: since the head is what it is. */
export function decideBase(run: Run, facts: BaseFacts, waitedMs: number): BaseDecision {
  if (!facts.behind) return { do: "go_on", standing: "current" };
  if (facts.merge === "unknown" && waitedMs < LONGEST_UNKNOWN_MS) return { do: "ask_again" };
  const conflicts = facts.merge === "conflict";
  if (!conflicts && !facts.mustContainTip) return { do: "go_on", standing: "behind" };
  if (isUpdatedTooOften(run)) return { do: "ask", question: tooOften };
  return { do: conflicts ? "merge" : "update" };
}

/** Once more would be too often; whoever answers that question has been told of the base, and of no commits of others. */
export function isUpdatedTooOften({ baseUpdates }: Pick<Run, "baseUpdates">): boolean {
  return baseUpdates >= MOST_UPDATES;
}

const tooOften = `The base branch moved on again after I brought this branch up to it ${MOST_UPDATES} times, so I stop here. Comment \`/agent retry\` when it is calmer, or go on by hand.`;
