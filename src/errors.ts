/**
 * Errors are named by what the caller does next.
 * Anything else that is thrown is a defect: it ends the turn, is logged whole, and the run asks a person.
 */

/** Stop and ask a person; nothing will change by trying again. `question` is written for them, and says what to do. */
export class AskPerson extends Error {
  readonly reason: string;
  readonly question: string;
  constructor(reason: string, question: string, options?: ErrorOptions) {
    super(question, options);
    this.name = "AskPerson";
    this.reason = reason;
    this.question = question;
  }
}

/** Put the run aside and come back after `afterMs`: a rate limit, an outage. Holds no worker and costs no attempt. */
export class TryLater extends Error {
  readonly afterMs: number;
  constructor(message: string, afterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "TryLater";
    this.afterMs = afterMs;
  }
}

/** Drop everything at once, write nothing more: the lease is gone, or the process is going down. */
export class LeaseLost extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LeaseLost";
  }
}

/** Say it to whoever started the process, and exit with 2. Every mistake stands in the message, one a line. */
export class BadConfiguration extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "BadConfiguration";
    this.problems = problems;
  }
}
