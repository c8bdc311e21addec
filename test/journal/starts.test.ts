import { expect, test } from "vitest";
import { createStarts } from "../../src/journal/starts.ts";
import { useRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const redis = useRedis();

const open = (withinMs: number) =>
  createStarts({ redis: redis().connect(), prefix: "{test}", most: 2, withinMs });
const start = (run: string, actorId = 1) => ({ actorId, run, place: `at ${run}` });

test("a person may start so many within the time, each run counted once", async () => {
  const starts = open(60_000);
  for (const run of ["a", "b", "a", "b"]) expect(await starts.admit(start(run))).toEqual({ verdict: "now" });
  expect(await starts.admit(start("c"))).toEqual({
    verdict: "later",
    afterMs: expect.toSatisfy((ms: number) => ms > 50_000 && ms <= 60_000),
    tell: true,
  });
  expect(await starts.admit(start("d"))).toMatchObject({ verdict: "later", tell: false });
  expect(await starts.admit(start("c"))).toMatchObject({ verdict: "later", tell: true });
  expect(await starts.admit(start("c", 2))).toEqual({ verdict: "now" });
});

test("there is room again when the time has passed, and nothing is left behind", async () => {
  const starts = open(300);
  for (const run of ["a", "b"]) await starts.admit(start(run));
  await until("there is room", async () =>
    (await starts.admit(start("c"))).verdict === "now" ? true : null,
  );
  const connection = redis().connect();
  await until("the keys are gone", async () =>
    (await connection.keys("*starts*")).length === 0 ? true : null,
  );
});
