/** What the reconciler found and did, so that an operator can see it beside the log. */
type Counted =
  | "deliveries_lost"
  | "redeliveries_asked"
  | "deliveries_given_up"
  | "issues_found"
  | "runs_told";

export interface Counters {
  add(name: Counted, by: number): void;
}

/** For whoever has no metrics: the log says the same. */
export const noCounters: Counters = { add: () => undefined };
