import { expect, it } from "vitest";
import { renderReviewAnswer } from "../../src/report/review-answer.ts";
import type { NewEvent } from "../../src/run/events.ts";
import type { Revision, Run } from "../../src/run/run.ts";
import * as log from "../support/log.ts";

const revised = (...events: NewEvent[]): [Run, Revision] => {
  const run = log.runAfter([
    ...log.untilPublished,
    log.review(80),
    log.revision(1, 80),
    log.startStep(3),
    ...events,
    log.published,
  ]);
  const [revision] = run.revisions;
  if (!revision) throw new Error("There is no revision.");
  return [run, revision];
};

it("names the commit that does what the review asked for", () => {
  expect(renderReviewAnswer(...revised(log.checkpointStep(3), ...log.commitStep(3)))).toBe(
    `Done in ${"3".repeat(40)}. Did step 3.`,
  );
});

it("says so when nothing had to be changed", () => {
  expect(renderReviewAnswer(...revised(log.checkpointStep(3)))).toBe(
    "I changed nothing for this. Did step 3.",
  );
});

it("makes the model's words harmless", () => {
  const loud = structuredClone(log.checkpointStep(3));
  if (loud.kind === "step.checkpointed") loud.data.summary = "Thanks @everyone, fixes #1 <img src=x>";
  const answer = renderReviewAnswer(...revised(loud, ...log.commitStep(3)));
  expect(answer).not.toMatch(/@everyone|#1|<img/);
});
