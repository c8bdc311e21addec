import { describe, expect, it } from "vitest";
import { decide, resumePoint } from "../../src/run/decide.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { opKeys } from "../../src/run/op-keys.ts";
import * as log from "../support/log.ts";

const next = (...events: NewEvent[]) => log.nextAfter(events);

describe("the next action of a run", () => {
  it("follows the river from the request to the green draft", () => {
    const story = [
      log.triaged,
      log.setUp,
      log.planned,
      log.startStep(1),
      log.checkpointStep(1),
      log.startStep(2),
    ];
    const actions = story.map((_, index) => decide(log.runAfter(story.slice(0, index))));
    expect(actions).toEqual([
      { do: "triage" },
      { do: "prepare" },
      { do: "plan", attempt: 1 },
      { do: "execute", step: 1, attempt: 1 },
      { do: "execute", step: 1, attempt: 1 },
      { do: "execute", step: 2, attempt: 1 },
    ]);
  });

  it("adopts what an earlier life has published, whoever comes after the triage, and plans nothing", () => {
    const triaged = structuredClone(log.triaged);
    if (triaged.kind === "run.triaged") triaged.data.earlier = log.publishedSha;
    expect(next(triaged)).toEqual({ do: "adopt", sha: log.publishedSha });
    // A retry looks anew: what was there may have gone.
    expect(resumePoint(log.runAfter([triaged]))).toBe("triage");
  });

  it("publishes when every step has its checkpoint, and then reads the gate", () => {
    const until = log.untilPublished.slice(0, 7);
    expect(next(...until)).toEqual({ do: "publish" });
    expect(next(...log.untilPublished)).toEqual({ do: "read_gate" });
  });

  it("makes the draft ready only when the very published SHA is green", () => {
    expect(next(...log.untilPublished, log.gateRead("passed"))).toEqual({
      do: "make_ready",
      sha: log.publishedSha,
    });
    const other = structuredClone(log.gateRead("passed"));
    if (other.kind === "gate.read") other.data.reading.sha = "3".repeat(40);
    expect(next(...log.untilPublished, other)).toEqual({ do: "read_gate" });
  });

  it("makes a draft ready once for each head where CI spares drafts, and asks when it says nothing even then", () => {
    const triaged = structuredClone(log.triaged);
    if (triaged.kind === "run.triaged") triaged.data.ciStartsWhenReady = true;
    const skipped = structuredClone(log.gateRead("needs_person"));
    if (skipped.kind === "gate.read")
      skipped.data.reading.checks = [{ name: "test", conclusion: "skipped", url: null }];
    const spared = [triaged, ...log.untilPublished.slice(1), skipped];
    expect(next(...spared)).toEqual({ do: "make_ready", sha: log.publishedSha });
    expect(next(...log.untilPublished, skipped)).toMatchObject({ do: "ask", reason: "ci_unclear" });

    const opKey = opKeys.makeReady(log.publishedSha, 20);
    const op = "pull.mark_ready";
    const ready: NewEvent[] = [
      { kind: "effect.intended", data: { opKey, op, argsHash: "x" } },
      { kind: "effect.done", data: { opKey, op, how: "made", receipt: { number: 8, stage: "ready" } } },
      { kind: "pull.made_ready", data: { sha: log.publishedSha } },
    ];
    expect(next(...spared, ...ready, skipped)).toMatchObject({ do: "make_draft" });
    const draft: NewEvent = { kind: "pull.made_draft", data: { sha: log.publishedSha, because: "skipped" } };
    expect(next(...spared, ...ready, skipped, draft)).toMatchObject({ do: "ask", reason: "ci_unclear" });
  });

  it("leaves a green draft a draft where the repository wants it so", () => {
    const triaged = structuredClone(log.triaged);
    if (triaged.kind === "run.triaged") triaged.data.autonomy = "draft";
    const run = log.runAfter([triaged, ...log.untilPublished.slice(1), log.gateRead("passed")]);
    expect({ status: run.status, pull: run.pull }).toEqual({ status: "awaiting_merge", pull: "draft" });
  });

  it("asks before it carries out a plan where the repository wants to be asked, and takes the answer for that plan only", () => {
    const triaged = structuredClone(log.triaged);
    if (triaged.kind === "run.triaged") triaged.data.autonomy = "propose";
    const story = [triaged, log.setUp, log.planned];
    expect(next(...story)).toMatchObject({ do: "ask", reason: "plan_approval", resumeAt: "execute" });
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "plan_approval", question: "This is my plan.", resumeAt: "execute" },
    };
    expect(next(...story, asked, log.command("retry"))).toEqual({ do: "execute", step: 1, attempt: 1 });
    const other = structuredClone(log.planned);
    if (other.kind === "plan.made") other.data.planHash = "sha256:other";
    expect(next(...story, asked, log.command("retry"), other)).toMatchObject({
      do: "ask",
      reason: "plan_approval",
    });
  });

  it("retries a failed step alone, three times at most, then asks", () => {
    const begun = [log.triaged, log.setUp, log.planned, log.startStep(1), log.checkpointStep(1)];
    const once = [...begun, log.startStep(2), log.failStep(2)];
    expect(next(...once)).toEqual({ do: "execute", step: 2, attempt: 2 });
    const thrice = [
      ...once,
      log.startStep(2, 2),
      log.failStep(2, 2),
      log.startStep(2, 3),
      log.failStep(2, 3),
    ];
    expect(next(...thrice)).toMatchObject({ do: "ask", reason: "step_failed", resumeAt: "execute" });
  });

  it("forgives the failures of a step when a person says retry", () => {
    const failures = [1, 2, 3].flatMap((attempt) => [log.startStep(1, attempt), log.failStep(1, attempt)]);
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "step_failed", question: "What now?", resumeAt: "execute" },
    };
    const story = [log.triaged, log.setUp, log.planned, ...failures, asked];
    expect(next(...story)).toEqual({ do: "wait", for: "person" });
    expect(next(...story, log.command("retry"))).toEqual({ do: "execute", step: 1, attempt: 4 });
  });

  it("re-plans once when a plan is not sound, then asks", () => {
    const rejected = (attempt: number): NewEvent => ({
      kind: "plan.rejected",
      data: { attempt, problems: ["There is no check named tset."] },
    });
    expect(next(log.triaged, log.setUp, rejected(1))).toEqual({ do: "plan", attempt: 2 });
    expect(next(log.triaged, log.setUp, rejected(1), rejected(2))).toMatchObject({
      do: "ask",
      reason: "plan_invalid",
    });
  });

  it("repairs what CI refuses, twice at most, on the same pull request", () => {
    const red = [...log.untilPublished, log.gateRead("ours")];
    expect(next(...red)).toEqual({ do: "plan_repair", sha: log.publishedSha });
    expect(next(...red, log.repair(1))).toEqual({ do: "execute", step: 3, attempt: 1 });
    const again = [...red, log.repair(1), log.checkpointStep(3), log.published, log.gateRead("ours")];
    const third = [...again, log.repair(2), log.checkpointStep(4), log.published, log.gateRead("ours")];
    expect(next(...again)).toEqual({ do: "plan_repair", sha: log.publishedSha });
    expect(next(...third)).toMatchObject({ do: "ask", reason: "ci_red", resumeAt: "gate" });
  });

  it("puts a ready pull request back to draft before it repairs", () => {
    const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
    const late = [...log.untilPublished, log.gateRead("passed"), ready, log.gateRead("ours", "ready")];
    expect(next(...late)).toMatchObject({ do: "make_draft", sha: log.publishedSha });
    const draft: NewEvent = { kind: "pull.made_draft", data: { sha: log.publishedSha, because: "red" } };
    expect(next(...late, draft)).toEqual({ do: "plan_repair", sha: log.publishedSha });
  });

  it.each([
    ["stop", "stopped"],
    ["pull_merged", "merged"],
    ["pull_closed", "closed"],
  ] as const)("ends on %s wherever the run is", (name, outcome) => {
    for (let length = 0; length <= log.untilPublished.length; length++) {
      const action = next(...log.untilPublished.slice(0, length), log.command(name));
      expect(action).toMatchObject({ do: "end", outcome });
    }
  });

  it("stops a crash loop with an explanation, and forgets crashes once the run gets somewhere", () => {
    const taken = (epoch: number): NewEvent => ({
      kind: "lease.taken",
      data: { worker: `worker-${epoch}`, epoch },
    });
    const back: NewEvent = { kind: "lease.given_back", data: { because: "it waits" } };
    const dying = [2, 3, 4, 5].map(taken);
    const begun = [log.triaged, log.setUp, log.planned];
    expect(next(...begun, ...dying)).toEqual({ do: "execute", step: 1, attempt: 1 });
    expect(next(...begun, ...dying, taken(6))).toMatchObject({
      do: "ask",
      reason: "internal",
      resumeAt: "execute",
    });
    expect(next(...begun, ...dying, log.checkpointStep(1), taken(6))).toEqual({
      do: "execute",
      step: 2,
      attempt: 1,
    });
    expect(next(...begun, ...dying.flatMap((each) => [back, each]), back, taken(6))).toEqual({
      do: "execute",
      step: 1,
      attempt: 1,
    });
  });

  it("does nothing more once the run has ended", () => {
    const ended: NewEvent = { kind: "run.ended", data: { outcome: "stopped", because: "asked" } };
    expect(next(ended, log.command("retry"))).toEqual({ do: "wait", for: "nothing" });
  });
});
