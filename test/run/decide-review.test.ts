import { describe, expect, it } from "vitest";
import type { EventData, NewEvent } from "../../src/run/events.ts";
import { repairsOfRound } from "../../src/run/steps.ts";
import * as log from "../support/log.ts";

const next = (...events: NewEvent[]) => log.nextAfter(events);
const actor = { id: 2, login: "hubot" };
const take = (reviewId: number) => ({ do: "take_review", reviewId, actor });
const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
const green = [...log.untilPublished, log.gateRead("passed"), ready, log.gateRead("passed", "ready")];

const ask = (reason: EventData<"person.asked">["reason"]): NewEvent => ({
  kind: "person.asked",
  data: { reason, question: "What now?", resumeAt: "gate" },
});

describe("a review that asks for changes", () => {
  it.each([
    ["while CI is under way", log.untilPublished],
    ["when the pull request is ready", green],
    ["as the answer to a question about CI", [...log.untilPublished, log.gateRead("ours"), ask("ci_red")]],
  ])("is taken in %s", (_, story) => {
    expect(next(...story, log.review(80))).toEqual(take(80));
  });

  it("waits while a round of work is under way, and while a question stands that it does not answer", () => {
    const before = log.untilPublished.slice(0, 5);
    expect(next(...before, log.review(80))).toEqual({ do: "execute", step: 2, attempt: 1 });
    expect(next(...green, ask("conflict"), log.review(80))).toEqual({ do: "wait", for: "person" });
  });

  it("becomes one step, worked on as a draft, and published on top", () => {
    const taken = [...green, log.review(80), log.revision(1, 80)];
    expect(log.runAfter(taken)).toMatchObject({ status: "revising", reviews: [], asked: null });
    expect(next(...taken)).toEqual({
      do: "make_draft",
      sha: log.publishedSha,
      because: "A review asked for changes.",
    });
    const draft: NewEvent = { kind: "pull.made_draft", data: { sha: log.publishedSha, because: "asked" } };
    expect(next(...taken, draft)).toEqual({ do: "execute", step: 3, attempt: 1 });
    const done = [...taken, draft, log.startStep(3), log.checkpointStep(3)];
    expect(next(...done)).toEqual({ do: "publish" });
    expect(log.runAfter(done).revisions).toMatchObject([{ step: 3, published: false }]);
    expect(log.runAfter([...done, log.published]).revisions).toMatchObject([{ published: true }]);
  });

  it("that asks for nothing is passed over", () => {
    const over: NewEvent = {
      kind: "review.passed_over",
      data: { reviewId: 80, because: "It is dismissed." },
    };
    expect(next(...green, log.review(80), over)).toEqual({ do: "read_gate" });
  });

  it("comes after the one before it, with patience for CI of its own", () => {
    const red = [
      ...log.untilPublished,
      log.gateRead("ours"),
      log.repair(1),
      log.checkpointStep(3),
      log.published,
    ];
    const two = [
      ...red,
      log.review(80),
      log.review(81),
      log.revision(1, 80),
      log.checkpointStep(4),
      log.published,
    ];
    expect(next(...two)).toEqual(take(81));
    expect(repairsOfRound(log.runAfter(red))).toHaveLength(1);
    expect(repairsOfRound(log.runAfter(two))).toEqual([]);
    const again = [...two, log.revision(2, 81), log.checkpointStep(5), log.published, log.gateRead("ours")];
    expect(next(...again)).toEqual({ do: "plan_repair", sha: log.publishedSha });
  });

  it("is asked about above the limit, and each retry allows one more", () => {
    const five = [1, 2, 3, 4, 5].flatMap((number) => [
      log.review(80 + number),
      log.revision(number, 80 + number),
      log.checkpointStep(number + 2),
      log.published,
    ]);
    const sixth = [...log.untilPublished, ...five, log.review(86)];
    expect(next(...sixth)).toMatchObject({ do: "ask", reason: "revisions", resumeAt: "gate" });
    expect(next(...sixth, ask("revisions"))).toEqual({ do: "wait", for: "person" });
    expect(next(...sixth, ask("revisions"), log.command("retry"))).toEqual(take(86));
  });
});
