import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { BrokenLog } from "../../src/journal/broken-log.ts";
import { chainEvent, hashOf } from "../../src/journal/hash-chain.ts";
import type { NewEvent, RunEvent } from "../../src/run/events.ts";
import { useRedis } from "../support/redis.ts";
import { held, openJournal, openStarted, runId } from "./open-journal.ts";
import { stepStarted } from "./sample-run.ts";

const redis = useRedis();

describe("read", () => {
  const log = "{test}:run:run_42_7_1:log";

  async function threeEntries() {
    const { journal, leases, first, connection } = await openStarted(redis());
    const lease = await held(leases("a"));
    const second = await journal.append(lease, first, stepStarted(1));
    const third = await journal.append(lease, second, stepStarted(2));
    await lease.release();
    return { journal, connection, events: [first, second, third] as const };
  }

  /** Writes the log again with `change` made to the fields of one entry: an XADD cannot change an entry in place. */
  async function tamper(connection: Redis, seq: number, change: (text: string) => string) {
    const entries = await connection.xrange(log, "-", "+");
    await connection.del(log);
    for (const [id, fields] of entries) {
      await connection.xadd(log, id, ...(id === `${seq}-0` ? fields.map((field) => change(field)) : fields));
    }
  }

  test("notices an entry that was tampered with", async () => {
    const { journal, connection } = await threeEntries();
    await tamper(connection, 2, (field) => field.replace('"step":1', '"step":4'));
    const fault = new BrokenLog(runId, 2, "its content does not match its hash.");
    await expect(journal.read(runId)).rejects.toThrow(fault);
    await expect(journal.read(runId, 1)).rejects.toThrow(fault);
  });

  test("notices an entry that was taken out", async () => {
    const { journal, connection } = await threeEntries();
    await connection.xdel(log, "2-0");
    await expect(journal.read(runId)).rejects.toThrow("entry 2 is missing; entry 3 stands in its place.");
    await expect(journal.read(runId, 2)).rejects.toThrow(BrokenLog);
  });

  test("says which version wrote what it does not know", async () => {
    const { journal, connection, events } = await threeEntries();
    const add = async (event: object) => {
      const next = chainEvent(events[2], 9, event as NewEvent);
      const { hash: _, ...rest } = { ...next, ...event };
      await connection.xadd(log, "4-0", "event", JSON.stringify(rest), "hash", hashOf(rest), "lease", "1:a");
    };
    await add({ kind: "step.danced", data: {} });
    await expect(journal.read(runId)).rejects.toThrow(
      'this Fixpoint does not know events of the kind "step.danced".',
    );
    await connection.xtrim(log, "MAXLEN", 4);
    await connection.xdel(log, "4-0");
  });

  test("says which version an event has when it is another", async () => {
    const { journal, connection, events } = await threeEntries();
    const event = { ...chainEvent(events[2], 9, stepStarted(3)), version: 2 };
    const { hash: _, ...rest } = event;
    await connection.xadd(log, "4-0", "event", JSON.stringify(rest), "hash", hashOf(rest), "lease", "1:a");
    await expect(journal.read(runId)).rejects.toThrow("it has version 2, and this Fixpoint reads version 1.");
  });

  test("knows no events of a run that never was", async () => {
    expect(await openJournal(redis()).journal.read("run_1_1_1")).toEqual([]);
  });
});

test("follow calls back for every event in order, until it is aborted", async () => {
  const { journal, leases, first, connection } = await openStarted(redis());
  const seen: RunEvent[] = [];
  const stop = new AbortController();
  const following = journal.follow(
    runId,
    (event) => {
      seen.push(event);
      if (event.seq === 3) stop.abort();
    },
    stop.signal,
  );
  const lease = await held(leases("a"));
  const second = await journal.append(lease, first, stepStarted(1));
  const third = await journal.append(lease, second, stepStarted(2));
  await following;
  expect(seen).toEqual([first, second, third]);
  await lease.release();
  expect(await connection.client("LIST")).not.toContain("cmd=xread");
});
