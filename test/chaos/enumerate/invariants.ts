import { chainFaults } from "./invariants/chain.ts";
import { doubles } from "./invariants/doubles.ts";
import { fencing } from "./invariants/fencing.ts";
import { leaks } from "./invariants/leaks.ts";
import { losses } from "./invariants/losses.ts";
import { money } from "./invariants/money.ts";
import { recovery } from "./invariants/recovery.ts";
import { repetitions } from "./invariants/repetitions.ts";
import { straying } from "./invariants/straying.ts";
import { trail } from "./invariants/trail.ts";
import type { Outcome } from "./outcome.ts";
import type { Played } from "./play.ts";

/** What must hold after every schedule, whatever happened in it. */
const invariants = {
  /** I1, I2: one run for the trigger, one of each object */
  double: doubles,
  /** I3: every accepted delivery ends in something that people see, and what they see is what the log says */
  lost: losses,
  /** the same outcome as if nothing had gone wrong */
  strayed: straying,
  /** I4: never over budget, and nothing on the bill that the log does not know */
  "over budget": money,
  /** I5: an intent before each write, an outcome after */
  untold: trail,
  /** I6, I7: no secret leaves, and nothing is written outside of our branch */
  leak: leaks,
  /** I8: no checkpointed step and no recorded answer a second time */
  repeated: repetitions,
  /** I9: who has no lease writes nothing */
  unfenced: fencing,
  /** I10: somebody goes on within a minute */
  slow: recovery,
  /** the log is one chain */
  broken: chainFaults,
} as const satisfies Record<string, (played: Played, undisturbed: Outcome) => string[]>;

export type Invariant = keyof typeof invariants;

export interface Violation {
  invariant: Invariant;
  what: string;
}

/** What only a memory can hold: a Redis that has lost its last writes may have work done and paid again, but never doubles what people see. */
const needMemory: ReadonlySet<Invariant> = new Set(["over budget", "untold", "repeated", "unfenced"]);

export function violationsOf(played: Played, undisturbed: Outcome): Violation[] {
  const { redis } = played.outside.setting;
  const holding = (Object.keys(invariants) as Invariant[]).filter(
    (invariant) => redis === "keeps" || !needMemory.has(invariant),
  );
  return holding.flatMap((invariant) =>
    invariants[invariant](played, undisturbed).map((what) => ({ invariant, what })),
  );
}
