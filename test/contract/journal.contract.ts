import { createHash } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import { BlobGone } from "../../src/journal/blobs.ts";
import { verifyChain } from "../../src/journal/hash-chain.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { sampleKey, sampleRequest, stepStarted } from "../journal/sample-run.ts";
import { held, type JournalBench } from "./journal-bench.ts";

const runId = "run_42_7_1";
const view = { sha: null, branch: "agent/issue-7", ended: false } as const;
const stop = { command: "stop", actor: { id: 1, login: "ada" }, step: null, why: null } as const;

/** What the runner and the commands rely on, whoever keeps the logs. */
export function journalContract(name: string, open: () => JournalBench): void {
  async function started() {
    const bench = open();
    await bench.journal.startRun(sampleKey, sampleRequest);
    const [first] = await bench.journal.read(runId);
    if (!first) throw new Error("a started run has a first event");
    return { ...bench, first };
  }

  describe(`a journal ${name}`, () => {
    test("starts one run for an issue, however often and by whomever it is asked", async () => {
      const { journal } = open();
      const other = { ...sampleKey, deliveryId: "delivery-2" };
      const asked = await Promise.all([1, 2, 3].map(() => journal.startRun(sampleKey, sampleRequest)));
      expect(asked.map((each) => each.outcome).sort()).toEqual([
        "already_started",
        "already_started",
        "started",
      ]);
      expect(await journal.startRun(other, sampleRequest)).toEqual({ runId, outcome: "already_active" });
      await journal.index(runId, { ...view, status: "merged", ended: true });
      expect(await journal.startRun(other, sampleRequest)).toEqual({ runId, outcome: "already_started" });
      const third = await journal.startRun({ ...sampleKey, deliveryId: "delivery-3" }, sampleRequest);
      expect(third).toEqual({ runId: "run_42_7_2", outcome: "started" });
      expect(await journal.runOfIssue(42, 7)).toBe("run_42_7_2");
      expect(await journal.runOfBranch(42, "agent/issue-7-2")).toBe("run_42_7_2");
      expect(await journal.activeRuns()).toEqual(["run_42_7_2"]);
    });

    test("counts on from the runs that an issue is known to have had, and never back", async () => {
      const { journal, ordinals } = open();
      await ordinals.raise(42, 7, 2);
      await ordinals.raise(42, 7, 1);
      expect(await journal.startRun(sampleKey, sampleRequest)).toEqual({
        runId: "run_42_7_3",
        outcome: "started",
      });
    });

    test("adds events that build on one another, and gives them back verified", async () => {
      const { journal, leases, first } = await started();
      const lease = await held(leases("a"), runId);
      const second = await journal.append(lease, first, stepStarted(1));
      const third = await journal.append(lease, second, stepStarted(2));
      expect(await journal.read(runId)).toEqual([first, second, third]);
      expect(verifyChain([first, second, third])).toBeNull();
      expect(await journal.read(runId, 2)).toEqual([third]);
      expect(await journal.read(runId, 3)).toEqual([]);
      expect(await journal.read("run_1_1_1")).toEqual([]);
      await expect(journal.read(runId, 4)).rejects.toThrow("the entry is missing");
      await lease.release();
    });

    test("refuses who builds on an old entry, who has no lease any more, and what the schema refuses", async () => {
      const { journal, leases, first } = await started();
      const lost = await held(leases("a"), runId);
      const believing = { ...lost, check: () => {}, signal: new AbortController().signal };
      await lost.release();
      await expect(journal.append(lost, first, stepStarted(1))).rejects.toThrow(LeaseLost);
      await expect(journal.append(believing, first, stepStarted(1))).rejects.toThrow(
        "the lease belongs to nobody or to another",
      );
      const lease = await held(leases("b"), runId);
      await expect(journal.append(believing, first, stepStarted(1))).rejects.toThrow(LeaseLost);
      const second = await journal.append(lease, first, stepStarted(1));
      await expect(journal.append(lease, first, stepStarted(2))).rejects.toThrow("somebody else has written");
      const wrong = { kind: "step.started", data: { step: "one" } } as unknown as NewEvent;
      await expect(journal.append(lease, second, wrong)).rejects.toThrow(/expected number/);
      expect(await journal.read(runId)).toEqual([first, second]);
      await lease.release();
    });

    test("refuses an entry whose content is not there, and takes it once it is", async () => {
      const { journal, leases, blobs, first } = await started();
      const lease = await held(leases("a"), runId);
      const text = "what a check said";
      const digest = createHash("sha256").update(text).digest("hex");
      await expect(journal.append(lease, first, stepStarted(1), [digest])).rejects.toThrow(LeaseLost);
      expect(await journal.read(runId)).toEqual([first]);
      await blobs.put(text);
      const second = await journal.append(lease, first, stepStarted(1), [digest]);
      expect(await journal.read(runId)).toEqual([first, second]);
      await lease.release();
    });

    test("keeps no view of a log that ends otherwise", async () => {
      const { journal, leases, first } = await started();
      const lease = await held(leases("a"), runId);
      const second = await journal.append(lease, first, stepStarted(1));
      await journal.index(runId, { ...view, status: "merged", ended: true, hash: first.hash });
      expect(await journal.activeRuns()).toEqual([runId]);
      await journal.index(runId, { ...view, status: "merged", ended: true, hash: second.hash });
      expect(await journal.activeRuns()).toEqual([]);
      await lease.release();
    });

    test("keeps an inbox in the order of arrival, each delivery once, until it is taken in", async () => {
      const { journal } = await started();
      const entry = (deliveryId: string) => ({ ...stop, deliveryId });
      for (const id of ["b", "a", "b", "c", "a"]) await journal.deliver(runId, entry(id));
      expect(await journal.inbox(runId)).toEqual([entry("b"), entry("a"), entry("c")]);
      await journal.clearInbox(runId, ["b", "c"]);
      await journal.clearInbox(runId, []);
      expect(await journal.inbox(runId)).toEqual([entry("a")]);
    });

    test("finds runs by SHA and status, and what has ended stays ended", async () => {
      const { journal } = await started();
      await journal.index(runId, { ...view, sha: "abc", status: "awaiting_ci" });
      expect([await journal.runOfSha(42, "abc"), await journal.runOfSha(43, "abc")]).toEqual([runId, null]);
      expect(await journal.runsWithStatus("awaiting_ci")).toEqual([runId]);
      expect(await journal.runsWithStatus("queued")).toEqual([]);
      await journal.index(runId, { ...view, status: "stopped", ended: true });
      await journal.index(runId, { ...view, status: "executing" });
      expect(await journal.activeRuns()).toEqual([]);
      expect(await journal.runsWithStatus("stopped")).toEqual([runId]);
      await expect(journal.index("run_1_1_1", { ...view, status: "queued" })).rejects.toThrow(
        "no run of this name",
      );
    });
  });

  describe(`leases ${name}`, () => {
    test("belong to one worker at a time, each with a higher epoch", async () => {
      const { leases } = await started();
      const first = await held(leases("a"), runId);
      expect({ worker: first.worker, epoch: first.epoch }).toEqual({ worker: "a", epoch: 1 });
      expect([await leases("b").take(runId), await leases("a").take(runId)]).toEqual([null, null]);
      await first.release();
      expect(() => first.check()).toThrow(LeaseLost);
      const second = await held(leases("b"), runId);
      expect(second.epoch).toBe(2);
      await second.release();
    });

    test("are kept while they are renewed, and run out when they are not", async () => {
      const { leases } = await started();
      const lease = await held(leases("a", { ttlMs: 300, renewMs: 60 }), runId);
      await new Promise((resolve) => setTimeout(resolve, 450));
      lease.check();
      expect(await leases("b").take(runId)).toBeNull();
      await lease.release();
      let clock = 0;
      const dying = await held(leases("c", { ttlMs: 300, monotonic: () => clock }), runId);
      clock = 1_000;
      const next = await vi.waitFor(() => held(leases("b"), runId), { timeout: 5_000, interval: 20 });
      expect(() => dying.check()).toThrow(LeaseLost);
      await next.release();
    });

    test("leave orphans: runs that are due and that nobody holds", async () => {
      const { leases, journal } = await started();
      const { orphans } = leases("sweep");
      expect(await orphans()).toEqual([runId]);
      const lease = await held(leases("a"), runId);
      expect(await orphans()).toEqual([]);
      await journal.index(runId, { ...view, status: "executing" });
      await lease.release();
      expect(await orphans()).toEqual([runId]);
      const waiting = await held(leases("a"), runId);
      await journal.index(runId, { ...view, status: "awaiting_ci" });
      await waiting.release();
      expect(await orphans()).toEqual([]);
      await journal.deliver(runId, { ...stop, deliveryId: "d1" });
      expect(await orphans()).toEqual([runId]);
    });

    test("a run that somebody came for while it was held is due at once", async () => {
      const { leases, journal } = await started();
      const lease = await held(leases("a"), runId);
      expect(await leases("b").take(runId)).toBeNull();
      await journal.index(runId, { ...view, status: "awaiting_ci" });
      await lease.release({ quietMs: 60_000 });
      expect(await leases("b").orphans()).toEqual([runId]);
      const again = await held(leases("b"), runId);
      await journal.index(runId, { ...view, status: "awaiting_ci" });
      await again.release();
      expect(await leases("b").orphans()).toEqual([]);
    });

    test("a run that was told something at its very end is due once more, and then never again", async () => {
      const { leases, journal } = await started();
      const { orphans } = leases("sweep");
      const lease = await held(leases("a"), runId);
      await journal.index(runId, { ...view, status: "merged", ended: true });
      await journal.deliver(runId, { ...stop, deliveryId: "d1" });
      await lease.release();
      expect(await orphans()).toEqual([runId]);
      const again = await held(leases("b"), runId);
      await journal.clearInbox(runId, ["d1"]);
      await journal.index(runId, { ...view, status: "merged", ended: true });
      await again.release();
      expect(await orphans()).toEqual([]);
    });

    test("a run that was put aside is due when its time has come, and after its end only for what is delivered late", async () => {
      const { leases, journal } = await started();
      const { orphans } = leases("sweep");
      await (await held(leases("a"), runId)).release({ quietMs: 150 });
      expect(await orphans()).toEqual([]);
      await vi.waitFor(async () => expect(await orphans()).toEqual([runId]), {
        timeout: 5_000,
        interval: 20,
      });
      const ended = { ...view, status: "merged", ended: true } as const;
      await journal.index(runId, ended);
      expect(await orphans()).toEqual([]);
      await journal.deliver(runId, { ...stop, deliveryId: "d1" });
      expect(await orphans()).toEqual([runId]);
      await journal.clearInbox(runId, ["d1"]);
      await journal.index(runId, ended);
      expect(await orphans()).toEqual([]);
    });
  });

  describe(`blobs and effects ${name}`, () => {
    test("content is found by its SHA-256, and what was never put is gone", async () => {
      const { blobs } = open();
      const digest = await blobs.put("grüße\n");
      expect(digest).toBe(createHash("sha256").update("grüße\n").digest("hex"));
      expect(await blobs.getText(digest)).toBe("grüße\n");
      expect(await blobs.put(new TextEncoder().encode("grüße\n"))).toBe(digest);
      await expect(blobs.get("0".repeat(64))).rejects.toThrow(BlobGone);
    });

    test("an intent and its receipt are there for the next worker, in their own scope only", async () => {
      const { record } = open();
      const first = await record("delivery:1");
      await first.intend({ opKey: "answer", op: "comment.create", argsHash: "h" });
      const crashed = await record("delivery:1");
      expect([crashed.wasIntended("answer"), crashed.receiptOf("answer")]).toEqual([true, null]);
      await crashed.done({ opKey: "answer", op: "comment.create", how: "adopted", receipt: { id: 5 } });
      expect((await record("delivery:1")).receiptOf("answer")).toEqual({ id: 5 });
      expect((await record("delivery:2")).wasIntended("answer")).toBe(false);
    });

    test("who may not write any more intends nothing, and still records what it has done", async () => {
      const { record } = open();
      const fenced = await record("delivery:1", () => {
        throw new LeaseLost("gone");
      });
      await expect(fenced.intend({ opKey: "a", op: "o", argsHash: "h" })).rejects.toThrow(LeaseLost);
      await fenced.done({ opKey: "b", op: "o", how: "made", receipt: { id: 1 } });
      const next = await record("delivery:1");
      expect([next.wasIntended("a"), next.receiptOf("b")]).toEqual([false, { id: 1 }]);
    });
  });
}
