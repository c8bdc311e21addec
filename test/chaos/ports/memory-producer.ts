import type { Producer } from "../../../src/queue/producer.ts";
import { commandJobId } from "../../../src/queue/queue-keys.ts";
import type { Gate } from "../gate.ts";
import { addJob, changed, type Jobs } from "./jobs.ts";

/** Puts jobs in, without BullMQ: the same ids, the same folding of hints. */
export function createMemoryProducer({ jobs, gate }: { jobs: Jobs; gate: Gate }): Producer {
  return {
    ready: async () => true,
    command: (command) =>
      gate({ port: "queue", what: "add command" }, () => {
        const id = commandJobId(command.deliveryId);
        const known = jobs.all.get(id);
        if (!known) return addJob(jobs, { id, kind: "command", data: command, delayMs: 0 });
        if (known.state !== "failed") return;
        Object.assign(known, { state: "waiting", failures: 0 });
        changed(jobs);
      }),
    advance: (runId, { delayMs = 0 } = {}) =>
      gate({ port: "queue", what: delayMs > 0 ? "hint later" : "hint" }, () => addHint(jobs, runId, delayMs)),
    close: async () => {},
  };
}

/** Of the hints that wait for a run one is enough, and of those for later the last one counts. */
export function addHint(jobs: Jobs, runId: string, delayMs: number): void {
  const oneOf = `${delayMs > 0 ? "later" : "now"}.${runId}`;
  const known = [...jobs.all.values()].find((job) => job.oneOf === oneOf);
  if (known && delayMs === 0) return;
  if (known && known.state !== "delayed") return;
  if (known) jobs.all.delete(known.id);
  addJob(jobs, { kind: "advance", data: { runId }, delayMs, oneOf });
}
