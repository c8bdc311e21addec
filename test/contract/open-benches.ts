import { createBlobs } from "../../src/journal/blobs.ts";
import { createEffectRecord } from "../../src/journal/effect-record.ts";
import { createLeases } from "../../src/journal/leases.ts";
import { createOrdinals } from "../../src/journal/ordinals.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import { openGate } from "../chaos/gate.ts";
import { createMemoryBlobs } from "../chaos/ports/memory-blobs.ts";
import { createMemoryEffectRecord } from "../chaos/ports/memory-effect-record.ts";
import { createMemoryJournal } from "../chaos/ports/memory-journal.ts";
import { createMemoryLeases } from "../chaos/ports/memory-leases.ts";
import { createMemoryOrdinals } from "../chaos/ports/memory-ordinals.ts";
import { emptyShelf } from "../chaos/ports/shelf.ts";
import type { PrivateRedis } from "../support/redis.ts";
import type { JournalBench } from "./journal-bench.ts";

const prefix = "{contract}";

export function openInRedis(redis: PrivateRedis): JournalBench {
  const connection = redis.connect();
  let clock = 1_000;
  return {
    journal: createJournal({ redis: connection, prefix, now: () => clock++ }),
    leases: (worker, timing) => createLeases({ redis: connection, prefix, worker, ...timing }),
    ordinals: createOrdinals(connection, prefix),
    blobs: createBlobs({ redis: connection, prefix }),
    record: (scope, check) => createEffectRecord(connection, prefix, scope, check),
  };
}

export function openInMemory(): JournalBench {
  const shelf = emptyShelf(Date.now);
  const parts = { shelf, gate: openGate };
  let clock = 1_000;
  return {
    journal: createMemoryJournal({ ...parts, now: () => clock++ }),
    leases: (worker, timing) =>
      createMemoryLeases({ ...parts, worker, monotonic: () => performance.now(), ...timing }),
    ordinals: createMemoryOrdinals(parts),
    blobs: createMemoryBlobs(parts),
    record: (scope, check) => createMemoryEffectRecord(parts, scope, check),
  };
}
