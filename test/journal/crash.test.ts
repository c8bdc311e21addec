import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import type { Leases } from "../../src/journal/journal.ts";
import { useRedis } from "../support/redis.ts";
import { held, prefix, runId } from "./open-journal.ts";
import { openWorker } from "./open-worker.ts";
import { sampleKey, sampleRequest, stepStarted } from "./sample-run.ts";

const redis = useRedis();

const heldSoon = (leases: Leases) => vi.waitFor(() => held(leases), { timeout: 10_000, interval: 10 });

describe("a frozen worker", () => {
  const program = fileURLToPath(new URL("eager-worker.ts", import.meta.url));
  const run = (...args: string[]) =>
    spawn(process.execPath, ["--import", "tsx", program, redis().socket, prefix, runId, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });

  async function linesOf(child: ChildProcess): Promise<string[]> {
    let text = "";
    child.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
    });
    await once(child, "close");
    return text.trim().split("\n");
  }

  test("can append nothing after it wakes up, when another has gone on", async () => {
    const { journal, leases } = openWorker(redis(), "b");
    await journal.startRun(sampleKey, sampleRequest);
    const child = run("700");
    const said = linesOf(child);
    await vi.waitFor(async () => expect((await journal.read(runId)).length).toBeGreaterThan(5), 20_000);
    child.kill("SIGSTOP");
    const lease = await heldSoon(leases);
    const before = await journal.read(runId);
    const ours = await journal.append(lease, before.at(-1)!, {
      kind: "lease.taken",
      data: { worker: "b", epoch: 2 },
    });
    child.kill("SIGCONT");

    const lines = await said;
    expect(lines.at(-1)).toBe("LeaseLost");
    // What Redis had received before the freeze stands; nothing came after the new worker's entry.
    expect(await journal.read(runId)).toEqual([...before, ours]);
    const appended = lines.filter((line) => line === "appended").length;
    expect([before.length - 1, before.length - 2]).toContain(appended);
    await lease.release();
  });
});

test("nothing that was acknowledged is lost when Redis is killed with -9", async () => {
  const { journal, leases } = openWorker(redis(), "a", { ttlMs: 2_000 });
  await journal.startRun(sampleKey, sampleRequest);
  const lease = await held(leases);
  const acknowledged = [...(await journal.read(runId))];
  const writing = (async () => {
    for (;;) {
      const last = acknowledged.at(-1)!;
      acknowledged.push(await journal.append(lease, last, stepStarted(last.seq)));
    }
  })();
  const refused = expect(writing).rejects.toThrow(LeaseLost);
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200), 10_000);
  await redis().kill();
  await redis().restart();
  // The lease may be over by then, or the repeated append may have gone through and the loop went on: stop it either way.
  await lease.release();
  await refused;
  const stored = await openWorker(redis(), "b").journal.read(runId);
  expect(stored.slice(0, acknowledged.length)).toEqual(acknowledged);
  expect(stored.length - acknowledged.length).toBeLessThanOrEqual(1);
});
