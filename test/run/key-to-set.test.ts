import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/run/events.ts";
import { keyToSet } from "../../src/run/key-to-set.ts";
import { opKeys } from "../../src/run/op-keys.ts";
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
