import type { Receipt } from "./run.ts";

/** Where intents and receipts are kept: the run's log, or a small record of its own when there is no run. */
export interface EffectRecord {
  receiptOf(opKey: string): Receipt | null;
  wasIntended(opKey: string): boolean;
  intend(entry: { opKey: string; op: string; argsHash: string }): Promise<void>;
  done(entry: { opKey: string; op: string; how: "made" | "adopted"; receipt: Receipt }): Promise<void>;
  /** throws `LeaseLost` when this worker may no longer write, or when a switch or a stop forbids it */
  check(): void;
}
