/** Stop working on this run and show the sentence to an operator: its log was tampered with, cut, or written by another version. */
export class BrokenLog extends Error {
  readonly runId: string;
  /** sequence number of the first entry that cannot be trusted */
  readonly seq: number;
  constructor(runId: string, seq: number, problem: string, options?: ErrorOptions) {
    super(`The log of ${runId} cannot be trusted from entry ${seq} on: ${problem}`, options);
    this.name = "BrokenLog";
    this.runId = runId;
    this.seq = seq;
  }
}
