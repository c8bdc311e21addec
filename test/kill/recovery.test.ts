import { expect, it } from "vitest";
import { holdsIn, recoveries } from "./recovery.ts";

const line = (time: number, worker: string, epoch: number, what: "took" | "gave", run = "run_1") =>
  JSON.stringify({ time, run, worker, epoch, msg: what === "took" ? "took the run" : "gave the run back" });

it("a recovery lasts from the kill of whoever held the run until another takes it", () => {
  const log = [
    line(100, "a", 1, "took"),
    line(400, "a", 1, "gave"),
    line(500, "a", 2, "took"),
    line(7_000, "b", 3, "took"),
    line(8_000, "c", 4, "took"),
    line(100, "c", 1, "took", "run_2"),
  ].join("\n");
  expect(recoveries(holdsIn(log), [{ worker: "a", at: 1_000 }])).toEqual([6_000]);
});

it("a run that was given back before the kill waits for nobody", () => {
  const log = [line(100, "a", 1, "took"), line(400, "a", 1, "gave"), line(9_000, "b", 2, "took")].join("\n");
  expect(recoveries(holdsIn(log), [{ worker: "a", at: 1_000 }])).toEqual([]);
});

it("who takes over and is killed at once leaves the run to a third", () => {
  const log = [line(0, "a", 1, "took"), line(6_000, "b", 2, "took"), line(12_500, "c", 3, "took")].join("\n");
  const kills = [
    { worker: "a", at: 500 },
    { worker: "b", at: 6_500 },
  ];
  expect(recoveries(holdsIn(log), kills)).toEqual([5_500, 6_000]);
});
