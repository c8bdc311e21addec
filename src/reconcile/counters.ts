/** What the reconciler finds and does, so that an operator can see it beside the log. */
export const counted = [
  "deliveries_lost",
  "redeliveries_asked",
  "deliveries_given_up",
  "issues_found",
  "runs_told",
] as const;

export interface Counters {
  add(name: (typeof counted)[number], by: number): void;
}
