import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/run/events.ts";
import { keyToSet as keyOf, looksAhead } from "../../src/run/key-to-set.ts";
import { opKeys } from "../../src/run/op-keys.ts";
import type { Run } from "../../src/run/run.ts";
import * as log from "../support/log.ts";

const says = (hash: string) => opKeys.editComment("progress", hash);
const intended = (opKey: string): NewEvent => ({
  kind: "effect.intended",
  data: { opKey, op: "comment.edit", argsHash: "x" },
});
const done = (opKey: string): NewEvent => ({
  kind: "effect.done",
  data: { opKey, op: "comment.edit", how: "made", receipt: { commentId: 1, state: "edited" } },
});
const made: NewEvent[] = [
  intended(opKeys.comment("progress")),
  {
    kind: "effect.done",
    data: {
      opKey: opKeys.comment("progress"),
      op: "comment.create",
      how: "made",
      receipt: { commentId: 1, url: "https://github.example/octo-org/billfold/issues/7#issuecomment-1" },
    },
  },
];
const runAfter = (...events: NewEvent[]) => log.runAfter([...made, ...events]);

const afterMs = 120_000;
/** Nothing in `log` is later than this. */
const start = log.runAfter([]).updatedAt;
const keyToSet = (run: Run, version: string, now = start) => keyOf(run, version, { now, afterMs });

describe("the key under which a thing is set to what it should say", () => {
  it("is a new one for every new version", () => {
    const fresh = runAfter();
    const run = runAfter(intended(`${says("a")}:3`), done(`${says("a")}:3`));
    expect(keyToSet(fresh, says("a"))).toBe(`${says("a")}:${fresh.seq}`);
    expect(keyToSet(run, says("b"))).toBe(`${says("b")}:${run.seq}`);
  });

  it("is none when that was set last", () => {
    expect(keyToSet(runAfter(intended(`${says("a")}:3`), done(`${says("a")}:3`)), says("a"))).toBeNull();
  });

  it("is the same one when a former worker meant to set just that and nobody knows whether it did", () => {
    expect(keyToSet(runAfter(intended(`${says("a")}:3`)), says("a"))).toBe(`${says("a")}:3`);
  });

  it("is a new one when something else was set in between", () => {
    const run = runAfter(intended(`${says("a")}:3`), intended(`${says("b")}:5`), done(`${says("b")}:5`));
    expect(keyToSet(run, says("a"))).toBe(`${says("a")}:${run.seq}`);
  });
});

describe("a thing that a late call may set back", () => {
  const overtaken = [intended(`${says("a")}:3`), intended(`${says("b")}:4`), done(`${says("b")}:4`)];
  const calledTwice = [intended(`${says("b")}:3`), intended(`${says("b")}:3`), done(`${says("b")}:3`)];

  it.each([
    ["a newer write came after one whose end nobody knows", overtaken],
    ["it was set by two calls", calledTwice],
  ])("is set once more when that call is surely over, if %s", (_, events) => {
    const run = runAfter(...events);
    const [at = 0] = looksAhead(run, afterMs);
    expect(keyToSet(run, says("b"), at - 1)).toBeNull();
    expect(keyToSet(run, says("b"), at)).toBe(`${says("b")}:${run.seq}`);
  });

  it("is left alone when every call was answered", () => {
    const run = runAfter(
      intended(`${says("a")}:3`),
      done(`${says("a")}:3`),
      intended(`${says("b")}:5`),
      done(`${says("b")}:5`),
    );
    expect(looksAhead(run, afterMs)).toEqual([]);
  });

  it("is left alone after that look", () => {
    const threeSeconds = 3_000;
    const again = [intended(`${says("b")}:5`), done(`${says("b")}:5`)];
    expect(looksAhead(runAfter(...overtaken), threeSeconds)).toHaveLength(1);
    expect(looksAhead(runAfter(...overtaken, ...again), threeSeconds)).toEqual([]);
  });
});
