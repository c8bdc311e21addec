import { describe, expect, it } from "vitest";
import { decide } from "../../src/run/decide.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { changesSoFar, groundOf, stepsAbove } from "../../src/run/ground.ts";
import * as log from "../support/log.ts";

const next = (...events: NewEvent[]) => decide(log.runAfter(events));
const theirs = "5".repeat(40);
const adopted: NewEvent = {
  kind: "head.adopted",
  data: { sha: theirs, from: log.publishedSha, because: "person", baseSha: null },
};
const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
const green = [...log.untilPublished, log.gateRead("passed"), ready, log.gateRead("passed", "ready")];
const ask = (resumeAt: "gate" | "publish"): NewEvent => ({
  kind: "person.asked",
  data: { reason: "conflict", question: "robin pushed.", resumeAt },
});

describe("the commit that steps build on", () => {
  it("is the base, below all steps of ours", () => {
    const run = log.runAfter(log.untilPublished);
    expect(groundOf(run)).toEqual({ branch: "main", sha: log.baseSha });
    expect(stepsAbove(run).map((step) => step.number)).toEqual([1, 2]);
    expect(changesSoFar(run)).toMatchObject([{ path: "src/step-2.js" }]);
  });

  it("is what others pushed, once the run goes on from there", () => {
    const run = log.runAfter([...green, adopted]);
    expect(groundOf(run)).toEqual({ branch: "agent/issue-7", sha: theirs });
    expect({ above: stepsAbove(run), changes: changesSoFar(run) }).toEqual({ above: [], changes: [] });
    expect(run).toMatchObject({
      status: "awaiting_ci",
      published: { sha: theirs },
      gate: null,
      pull: "ready",
    });
    expect(decide(run)).toEqual({ do: "meet_base" });

    const revised = log.runAfter([
      ...green,
      adopted,
      log.review(80),
      log.revision(1, 80),
      log.checkpointStep(3),
    ]);
    expect(stepsAbove(revised).map((step) => step.number)).toEqual([3]);
    expect(changesSoFar(revised)).toMatchObject([{ path: "src/step-3.js" }]);
  });

  it("is a newer base too when the branch was brought up to it", () => {
    const baseSha = "6".repeat(40);
    const updated = structuredClone(adopted);
    if (updated.kind === "head.adopted") updated.data = { ...updated.data, because: "base_update", baseSha };
    expect(log.runAfter([...green, updated])).toMatchObject({ base: { sha: baseSha }, baseUpdates: 1 });
  });

  it("is only what a person has allowed, and the permission is used up by it", () => {
    expect(log.runAfter([...green, ask("gate"), log.command("retry")]).pushOfOthers).toBe("allowed");
    expect(log.runAfter([...green, ask("gate"), log.command("retry"), adopted]).pushOfOthers).toBe(
      "stops_us",
    );
    expect(log.runAfter([...green, ask("publish"), log.command("retry")]).pushOfOthers).toBe("stops_us");
  });
});

describe("a pull request that people make a draft or ready", () => {
  it("stays a draft when CI is green again, until somebody makes it ready", () => {
    const held = [...green, log.command("pull_drafted")];
    expect(log.runAfter(held)).toMatchObject({
      status: "awaiting_merge",
      pull: "draft",
      heldAsDraftBy: "hubot",
    });
    const again = [...held, log.published, log.gateRead("passed")];
    expect(log.runAfter(again).status).toBe("awaiting_merge");
    expect(next(...again)).toEqual({ do: "read_gate" });
    expect(log.runAfter([...again, log.command("pull_readied", "cmd-2")])).toMatchObject({
      pull: "ready",
      heldAsDraftBy: null,
    });
  });
});
