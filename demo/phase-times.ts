import type { RunEvent } from "../src/run/events.ts";
import { evolve } from "../src/run/evolve.ts";
import type { Run } from "../src/run/run.ts";

export interface PhaseTime {
  phase: string;
  ms: number;
}

const names: Readonly<Partial<Record<Run["status"], string>>> = {
  queued: "waiting for a worker",
  executing: "steps",
  repairing: "repairs",
  updating: "bringing the base in",
  awaiting_ci: "CI",
  awaiting_person: "waiting for a person",
  awaiting_merge: "telling the result",
};

/** Where the time of a run went, in the order in which the phases began: each stretch between two events belongs to what the second one ended. */
export function phaseTimes(events: readonly RunEvent[]): PhaseTime[] {
  const times = new Map<string, number>();
  let run: Run | null = null;
  let at = 0;
  for (const event of events) {
    if (run) {
      const phase = phaseOf(event, run);
      times.set(phase, (times.get(phase) ?? 0) + event.at - at);
    }
    run = evolve(run, event);
    at = event.at;
  }
  return [...times].map(([phase, ms]) => ({ phase, ms }));
}

function phaseOf(event: RunEvent, before: Run): string {
  if (event.kind === "setup.finished") return "installing dependencies";
  if (event.kind === "check.ran" && event.data.phase === "base") return "checks on the base";
  return names[before.status] ?? before.status.replaceAll("_", " ");
}
