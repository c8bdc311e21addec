import { describe, expect, it } from "vitest";
import { wordsFor } from "../../src/report/words.ts";
import { hasConflictMarker } from "../../src/run/clash.ts";
import { decide } from "../../src/run/decide.ts";
import { type BaseDecision, type BaseFacts, decideBase } from "../../src/run/decide-base.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { changesSoFar, groundOf, stepsAbove } from "../../src/run/ground.ts";
import * as log from "../support/log.ts";

const moved = { tip: log.movedBase, mergeBase: log.baseSha, behind: true, merge: "clean" } as const;
const facts = (some: Partial<BaseFacts> = {}): BaseFacts => ({ ...moved, mustContainTip: false, ...some });
const run = (...events: NewEvent[]) => log.runAfter([...log.untilPublished, ...events]);
const next = (...events: NewEvent[]) => decide(run(...events));
const minutes = (count: number) => count * 60_000;

describe("what a moved base asks for", () => {
  it.each<[string, BaseFacts, number, BaseDecision]>([
    ["the head contains it", facts({ behind: false }), 0, { do: "go_on", standing: "current" }],
    ["it fits and nobody minds", facts(), 0, { do: "go_on", standing: "behind" }],
    ["it fits, and must be contained", facts({ mustContainTip: true }), 0, { do: "update" }],
    ["it conflicts", facts({ merge: "conflict" }), 0, { do: "merge" }],
    [
      "it conflicts, and must be contained",
      facts({ merge: "conflict", mustContainTip: true }),
      0,
      { do: "merge" },
    ],
    ["GitHub does not know yet", facts({ merge: "unknown" }), minutes(9), { do: "ask_again" }],
    ["GitHub never knows", facts({ merge: "unknown" }), minutes(11), { do: "go_on", standing: "behind" }],
    [
      "GitHub never knows, and it must be contained",
      facts({ merge: "unknown", mustContainTip: true }),
      minutes(11),
      { do: "update" },
    ],
  ])("when %s", (_, facts, waitedMs, decision) => {
    expect(decideBase(run(), facts, waitedMs)).toEqual(decision);
  });

  it("is done three times, then a person is asked, and a retry or a review begins anew", () => {
    const updates = [1, 2, 3].map((count): NewEvent => {
      const data = { sha: String(count + 3).repeat(40), from: log.publishedSha, baseSha: log.movedBase };
      return { kind: "head.adopted", data: { ...data, because: "base_update" } };
    });
    const strict = facts({ mustContainTip: true });
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "conflict", question: "Again?", resumeAt: "gate" },
    };
    expect(
      [
        updates.slice(0, 2),
        updates,
        [...updates, asked, log.command("retry")],
        [...updates, log.revision(1, 80)],
      ].map((events) => decideBase(run(...events), strict, 0).do),
    ).toEqual(["update", "ask", "update", "update"]);
    expect(run(...updates, asked, log.command("retry")).pushOfOthers).toBe("stops_us");
    expect(decideBase(run(...updates), facts({ merge: "conflict" }), 0)).toEqual({
      do: "ask",
      question:
        "The base branch moved on again after I brought this branch up to it 3 times, so I stop here. Comment `/agent retry` when it is calmer, or go on by hand.",
    });
    expect(decideBase(run(...updates), facts(), 0)).toEqual({ do: "go_on", standing: "behind" });
  });
});

describe("the base is met", () => {
  const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
  const green = [log.gateRead("passed"), log.baseMet, ready];

  it("once before CI is believed on a head, and once more before it becomes ready, not at each poll", () => {
    const before = log.untilPublished.slice(0, -1);
    expect(decide(log.runAfter(before))).toEqual({ do: "meet_base" });
    expect(next()).toEqual({ do: "read_gate" });
    expect(next(log.gateRead("pending"))).toEqual({ do: "read_gate" });
    expect(next(log.gateRead("passed"))).toEqual({ do: "meet_base" });
    expect(next(log.gateRead("passed"), log.baseMet)).toEqual({ do: "make_ready", sha: log.publishedSha });
  });

  it("when the pull request became ready, since only then GitHub says whether it is behind, and no more after that", () => {
    expect(next(...green)).toEqual({ do: "meet_base" });
    expect(next(...green, log.baseMet, log.gateRead("pending", "ready"))).toEqual({ do: "read_gate" });
    expect(next(...green, log.baseMet, log.gateRead("passed", "ready"))).toEqual({ do: "read_gate" });
  });

  it("before a person hears that CI is silent, which a conflict may be the cause of, and not when CI is red", () => {
    expect(next(log.gateRead("never_reported"))).toEqual({ do: "meet_base" });
    expect(next(log.gateRead("never_reported"), log.baseMet)).toMatchObject({ do: "ask" });
    expect(next(log.gateRead("ours"))).toMatchObject({ do: "plan_repair" });
  });

  it("before a review is taken in, so that an update of ours is never taken for a push of others", () => {
    const before = log.untilPublished.slice(0, -1);
    expect(decide(log.runAfter([...before, log.review(80)]))).toEqual({ do: "meet_base" });
    expect(next(log.review(80))).toMatchObject({ do: "take_review" });
  });
});

describe("an update after a conflict", () => {
  const update = log.updatePlanned(1);

  it("is a step of its own, on the new tip of the base, that begins with our change carried over", () => {
    const now = run(update);
    expect(now).toMatchObject({
      status: "updating",
      base: { branch: "main", sha: log.movedBase },
      published: { sha: log.publishedSha },
      baseUpdates: 1,
    });
    expect(groundOf(now)).toEqual({ branch: "main", sha: log.movedBase });
    expect(stepsAbove(now)).toMatchObject([{ number: 3, kind: "update", files: ["src/step-1.js"] }]);
    expect(changesSoFar(now)).toMatchObject([{ path: "src/step-1.js", bytes: 40 }]);
    expect(decide(now)).toEqual({ do: "execute", step: 3, attempt: 1 });
    expect(wordsFor(now).sentence).toBe(
      "The base branch moved and clashes with this change, so I work on step 3 of 3.",
    );
  });

  it("is published, and what comes later builds on it", () => {
    expect(next(update, log.startStep(3), log.checkpointStep(3))).toEqual({ do: "publish" });
    const later = run(update, log.checkpointStep(3), log.published, log.baseMet, log.repair(1));
    expect(groundOf(later)).toEqual({ branch: "main", sha: log.movedBase });
    expect(stepsAbove(later).map((step) => step.kind)).toEqual(["update", "repair"]);
    expect(changesSoFar(later)).toMatchObject([{ path: "src/step-3.js" }]);
  });

  it("puts a ready pull request back to draft first", () => {
    const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
    expect(next(log.gateRead("passed"), log.baseMet, ready, update)).toEqual({
      do: "make_draft",
      sha: log.publishedSha,
      because: "The base branch moved, and clashes with the change.",
    });
  });

  it("becomes a question that names the files when its attempts are used up, and goes on after a retry", () => {
    const failures = [1, 2, 3].flatMap((attempt) => [log.startStep(3, attempt), log.failStep(3, attempt)]);
    const action = next(update, ...failures);
    expect(action).toMatchObject({ do: "ask", reason: "conflict", resumeAt: "execute" });
    if (action.do !== "ask") throw new Error("It asks.");
    const { reason, question, resumeAt } = action;
    const asked: NewEvent = { kind: "person.asked", data: { reason, question, resumeAt } };
    expect(wordsFor(run(update, ...failures, asked)).sentence).toMatchInlineSnapshot(`
      "The base branch moved to 6666666666 and clashes with this change, and 3 attempts did not bring both together. The branch is as it was. Comment \`/agent retry\` with a hint to let me try again, or \`/agent stop\` to go on by hand.

      - \`src/step-1.js\` clashes
      - Bring the change up to main, attempt 1: The check \`test\` failed with exit code 1.
      - Bring the change up to main, attempt 2: The check \`test\` failed with exit code 1.
      - Bring the change up to main, attempt 3: The check \`test\` failed with exit code 1."
    `);
    expect(next(update, ...failures, asked, log.command("retry"))).toEqual({
      do: "execute",
      step: 3,
      attempt: 4,
    });
  });
});

it.each([
  ["<<<<<<< this change\n", true],
  ["one\r\n>>>>>>> the base branch\r\n", true],
  ["one\n<<<<<<<\n", true],
  ["Changes\n=======\n", false],
  ["  <<<<<<< in a string\n", false],
  ["<<<<<<<<<<<<\n", false],
])("%j holds a conflict marker: %s", (text, holds) => {
  expect(hasConflictMarker(text)).toBe(holds);
});
