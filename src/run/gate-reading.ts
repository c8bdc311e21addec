import { z } from "zod";
import { ciDifferenceSchema } from "./compare-ci.ts";

/** What the facts about a head SHA mean. Each verdict has one sentence for people, and one thing that the run does next. */
export const verdictSchema = z.enum([
  "pending",
  "passed",
  "ours",
  "base_broken",
  "flaky",
  "infrastructure",
  "not_fixable_here",
  "never_reported",
  "needs_person",
]);
export type Verdict = z.infer<typeof verdictSchema>;

export const gateReadingSchema = z.object({
  sha: z.string(),
  verdict: verdictSchema,
  /** one sentence for people */
  because: z.string(),
  checks: z.array(z.object({ name: z.string(), conclusion: z.string(), url: z.string().nullable() })),
  /** for red that is ours: what the failing jobs do differently from the checks that passed here; empty when no file tells of anything */
  differs: z.array(ciDifferenceSchema).optional(),
});
export type GateReading = z.infer<typeof gateReadingSchema>;
