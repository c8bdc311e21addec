import { Redis } from "ioredis";
import { createLeases } from "../../src/journal/leases.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import { stepStarted } from "./sample-run.ts";

// A worker in a process of its own: takes the run and appends as fast as it can until it is told that it may not.
const [socket = "", prefix = "", runId = "", ttlMs = ""] = process.argv.slice(2);
const redis = new Redis(socket, { maxRetriesPerRequest: null });
const journal = createJournal({ redis, prefix, now: Date.now });
const leases = createLeases({
  redis,
  prefix,
  worker: "eager",
  ttlMs: Number(ttlMs),
  renewMs: Number(ttlMs) / 5,
});

const lease = await leases.take(runId);
if (!lease) throw new Error("the run is taken");
let last = (await journal.read(runId)).at(-1);
try {
  while (last) {
    last = await journal.append(lease, last, stepStarted(last.seq));
    process.stdout.write("appended\n");
  }
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.name : "unknown"}\n`);
}
redis.disconnect();
