import { nature, type Owner } from "../clock.ts";
import type { Gate } from "../gate.ts";
import { carryOut } from "./carry-out.ts";
import type { Mode } from "./faults.ts";
import type { Outside } from "./outside.ts";

/** One process: it works through its gate, and everything in it is gone when it dies. */
export interface Process extends Owner {
  gate: Gate;
  /** what is to be done when it is told to end; set by whoever builds it */
  end(): void;
}

/** What the schedule does to a process, and who watches. */
export interface Fate {
  faults: ReadonlyMap<number, Mode>;
  /** called when a call leaves, and when it was carried out; nothing else happens meanwhile */
  watch(n: number, stage: "sent" | "done"): void;
  /** another process is to take its place */
  replace(n: number): void;
}

const freezeMs = 60_000;
const lateMs = 8_000;
const redisMs = 1;

const never = <T>() => new Promise<T>(() => {});

/**
 * A process whose calls are numbered and fail where the schedule says so. What it had sent and was not carried out yet is lost with it,
 * except the very call of the fault.
 */
export function createProcess(outside: Outside, name: string, fate: Fate): Process {
  const { clock } = outside;
  /** deaf and dumb for the last moment of its life: it has heard an answer and nothing more leaves it */
  let mute = false;

  const gate: Gate = (call, apply) => {
    if (process.state === "dead" || mute) return never();
    const n = outside.trace.length + 1;
    const status = outside.run()?.status ?? "none";
    outside.trace.push({ n, process: name, port: call.port, what: call.what, at: clock.monotonic(), status });
    fate.watch(n, "sent");
    const fault = fate.faults.get(n) ?? null;
    if (fault === "before" || fault === "late") die(n);
    if (fault === "before") return never();
    if (fault === "term") terminate(n);
    return new Promise((resolve, reject) => {
      const wait = (call.takesMs ?? redisMs) + (fault === "late" ? lateMs : 0);
      clock.after(wait, nature, async () => {
        if (process.state === "dead" && fault !== "late") return;
        const answer = await carryOut(call, apply, fault);
        fate.watch(n, "done");
        if (fault === "unanswered") die(n);
        if (fault === "frozen") freeze(n);
        if (process.state === "dead") return;
        clock.after(0, process, () => {
          if (fault === "unsaved") {
            mute = true;
            clock.after(0, nature, () => die(n));
          }
          answer(resolve, reject);
        });
      });
    });
  };

  function note(n: number): void {
    outside.deaths.push({ process: name, n, at: clock.monotonic() });
  }

  function die(n: number): void {
    if (process.state === "dead") return;
    process.state = "dead";
    note(n);
    fate.replace(n);
  }

  function freeze(n: number): void {
    process.frozenUntil = clock.now() + freezeMs;
    note(n);
    fate.replace(n);
  }

  function terminate(n: number): void {
    note(n);
    clock.after(0, process, () => process.end());
    fate.replace(n);
  }

  const process: Process = { name, state: "runs", frozenUntil: 0, gate, end: () => {} };
  return process;
}
