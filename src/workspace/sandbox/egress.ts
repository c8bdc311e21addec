/** One connection that a command asked the proxy for. */
export interface EgressAttempt {
  host: string;
  port: number;
  outcome: "allowed" | "refused";
  /** for people: why it was refused */
  reason?: string;
}
