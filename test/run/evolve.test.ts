import { describe, expect, it } from "vitest";
import { mayReserve } from "../../src/run/budget.ts";
import { changedBetween } from "../../src/run/change.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { foldRun } from "../../src/run/evolve.ts";
import { totalSpending } from "../../src/run/spending.ts";
import * as log from "../support/log.ts";

const reserve = (callId: string, nanoUsd: number): NewEvent => ({
  kind: "model.reserved",
  data: { callId, phase: "plan, attempt 1", model: "m", requestDigest: "r", nanoUsd },
});
const settle = (callId: string, nanoUsd: number): NewEvent => ({
  kind: "model.settled",
  data: {
    callId,
    phase: "plan, attempt 1",
    model: "m",
    requestDigest: "r",
    answerDigest: null,
    usage: { inputTokens: 100, cachedTokens: 40, outputTokens: 10, counted: "by_provider" },
    nanoUsd,
    ms: 5,
    failure: null,
  },
});

describe("the fold of a run's events", () => {
  it("begins with the request and nothing else", () => {
    expect(() => foldRun([])).toThrow("This run has no events.");
    expect(() => foldRun(log.buildLog([]).slice(1))).toThrow(
      "A run begins with run.requested, not with lease.taken.",
    );
  });

  it("knows the head of the log that the next event builds on", () => {
    const run = log.runAfter([log.triaged]);
    expect({ seq: run.seq, head: run.head, id: run.id }).toEqual({
      seq: 3,
      head: "hash-3",
      id: "run_1296269_7_1",
    });
  });

  it("holds money while a call is open and keeps what it cost", () => {
    const open = log.runAfter([log.triaged, reserve("a", 500), settle("a", 200), reserve("b", 300)]);
    expect(totalSpending(open)).toEqual({
      calls: 1,
      inputTokens: 100,
      cachedTokens: 40,
      outputTokens: 10,
      spent: 200,
      reserved: 300,
    });
  });

  it("counts a call that died with its worker in full", () => {
    const taken: NewEvent = { kind: "lease.taken", data: { worker: "worker-2", epoch: 2 } };
    const run = log.runAfter([log.triaged, reserve("a", 500), taken]);
    expect({ ...totalSpending(run), workers: run.workers }).toMatchObject({
      spent: 500,
      reserved: 0,
      workers: ["worker-1", "worker-2"],
    });
  });

  it("lets a call begin only when its worst case fits under the cap", () => {
    const run = log.runAfter([log.triaged, settle("a", 1_500_000_000), reserve("b", 400_000_000)]);
    expect(mayReserve(run, 100_000_000)).toEqual({ verdict: "allow" });
    expect(mayReserve(run, 100_000_001)).toEqual({
      verdict: "deny",
      because: "The next model call may cost up to $0.1000; $1.90 of $2.00 is spent.",
    });
  });

  it("knows a cap that an operator raised", () => {
    const raised: NewEvent = { kind: "budget.raised", data: { nanoUsd: 5_000_000_000, because: "more" } };
    const run = log.runAfter([log.triaged, settle("a", 1_999_999_999), raised]);
    expect(mayReserve(run, 3_000_000_000)).toEqual({ verdict: "allow" });
  });

  it("numbers repairs on after the planned steps and publishes again after them", () => {
    const repair: NewEvent = {
      kind: "repair.planned",
      data: {
        repair: 1,
        title: "Repair what CI found (1)",
        check: "test",
        sha: log.publishedSha,
        failureSignature: "s",
        logDigest: "l",
      },
    };
    const run = log.runAfter([...log.untilPublished, log.gateRead("ours"), repair]);
    expect(run.steps.map(({ number, kind, status }) => ({ number, kind, status }))).toEqual([
      { number: 1, kind: "planned", status: "done" },
      { number: 2, kind: "planned", status: "done" },
      { number: 3, kind: "repair", status: "waiting" },
    ]);
    expect(run.status).toBe("repairing");
    expect(
      log.runAfter([...log.untilPublished, log.gateRead("ours"), repair, log.checkpointStep(3)]).status,
    ).toBe("publishing");
  });

  it("does a named step again, with all after it, when a person retries from there", () => {
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "policy", question: "?", resumeAt: "publish" },
    };
    const retry = structuredClone(log.command("retry"));
    if (retry.kind === "command.received") retry.data.step = 2;
    const run = log.runAfter([...log.untilPublished.slice(0, 7), asked, retry]);
    expect(run.steps.map((step) => step.status)).toEqual(["done", "waiting"]);
  });

  it("awaits the merge only after green on the ready pull request", () => {
    const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
    const draft = [...log.untilPublished, log.gateRead("passed")];
    expect(log.runAfter(draft).status).toBe("awaiting_ci");
    expect(log.runAfter([...draft, ready]).status).toBe("awaiting_ci");
    expect(log.runAfter([...draft, ready, log.gateRead("passed", "ready")]).status).toBe("awaiting_merge");
  });
});

describe("what one step changed on top of another", () => {
  it("is every path whose content, mode or existence differs", () => {
    const write = (path: string, digest: string) =>
      ({ kind: "write", path, mode: "100644", digest, bytes: 1 }) as const;
    const before = [write("a", "1"), write("b", "1"), write("c", "1")];
    const after = [write("a", "1"), write("b", "2"), { kind: "delete", path: "d" } as const];
    expect(changedBetween(before, after)).toEqual(["b", "c", "d"]);
  });
});
