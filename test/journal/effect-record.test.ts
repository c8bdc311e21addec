import { expect, test } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import type { EffectRecord as EffectRecordOfGithub } from "../../src/github/effect.ts";
import { createEffectRecord } from "../../src/journal/effect-record.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();

function openRecord(scope: string, check?: () => void): Promise<EffectRecordOfGithub> {
  return createEffectRecord(redis().connect(), "{test}", scope, check);
}

test("an intent and its receipt are there for the next worker, in their own scope only", async () => {
  const record = await openRecord("delivery:1");
  expect([record.wasIntended("answer"), record.receiptOf("answer")]).toEqual([false, null]);
  await record.intend({ opKey: "answer", op: "comment.create", argsHash: "h" });
  expect([record.wasIntended("answer"), record.receiptOf("answer")]).toEqual([true, null]);
  const crashed = await openRecord("delivery:1");
  expect([crashed.wasIntended("answer"), crashed.receiptOf("answer")]).toEqual([true, null]);

  await record.done({ opKey: "answer", op: "comment.create", how: "made", receipt: { id: 5, url: "u" } });
  const next = await openRecord("delivery:1");
  expect([next.wasIntended("answer"), next.receiptOf("answer")]).toEqual([true, { id: 5, url: "u" }]);
  expect((await openRecord("delivery:2")).wasIntended("answer")).toBe(false);
});

test("it is kept for thirty days", async () => {
  const record = await openRecord("delivery:1");
  await record.intend({ opKey: "answer", op: "comment.create", argsHash: "h" });
  const left = await redis().connect().pttl("{test}:effects:delivery:1");
  expect(30 * 24 * 3_600_000 - left).toBeLessThan(10_000);
});

test("a worker that may not write any more intends nothing, and still records what it has done", async () => {
  const record = await openRecord("delivery:1", () => {
    throw new LeaseLost("gone");
  });
  await expect(record.intend({ opKey: "a", op: "o", argsHash: "h" })).rejects.toThrow(LeaseLost);
  expect(() => record.check()).toThrow(LeaseLost);
  expect((await openRecord("delivery:1")).wasIntended("a")).toBe(false);
  await record.done({ opKey: "b", op: "o", how: "made", receipt: { id: 1 } });
  expect((await openRecord("delivery:1")).receiptOf("b")).toEqual({ id: 1 });
});
