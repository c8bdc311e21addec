/** One call that leaves a process, and so a place where it may crash. */
export interface Call {
  port: "redis" | "queue" | "github" | "model" | "workspace" | "sandbox";
  /** what is asked, in short: `append step.started`, `POST /repos/acme/tally/pulls` */
  what: string;
  /** how long the answer takes, ms of virtual time; 0 unless said otherwise */
  takesMs?: number;
  /** what the caller hears when the connection breaks before the answer; left out where the client connects anew and sends the call again */
  broken?: () => unknown;
}

/**
 * Everything that a port does outside of its process goes through its gate. `apply` is atomic: while it is under way nothing else happens.
 * A gate may number calls, let them wait, lose their answers, or never let them through.
 */
export type Gate = <T>(call: Call, apply: () => T | Promise<T>) => Promise<T>;

/** Every call goes through at once: for tests of the ports themselves. */
export const openGate: Gate = async (_call, apply) => apply();
