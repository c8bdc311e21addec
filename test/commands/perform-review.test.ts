import { describe, expect, it } from "vitest";
import type { CommandOf } from "../../src/commands/command.ts";
import { untilPublished } from "../support/log.ts";
import { useRedis } from "../support/redis.ts";
import { firstRun, performing, reader, record, repository, start, writer } from "./performing.ts";

const redis = useRedis();

const review: CommandOf<"review"> = {
  kind: "review",
  deliveryId: "delivery-of-a-review",
  installationId: repository.installationId,
  repository,
  number: 8,
  branch: "agent/issue-7",
  reviewId: 80,
  commentId: null,
  actor: writer,
};

async function publishedRun(changes: Parameters<typeof performing>[1] = {}) {
  const desk = performing(redis(), changes);
  await desk.perform(start);
  await record(desk, firstRun, untilPublished);
  desk.told.length = 0;
  return desk;
}

const entry = {
  deliveryId: "review-80",
  command: "review",
  actor: writer,
  step: null,
  why: null,
  reviewId: 80,
};

describe("a review", () => {
  it("is told to the run once, however many of its comments are delivered", async () => {
    const desk = await publishedRun();
    await desk.perform(review);
    await desk.perform({ ...review, deliveryId: "delivery-of-its-first-comment", commentId: 801 });
    await desk.perform({ ...review, deliveryId: "delivery-of-its-second-comment", commentId: 802 });
    expect(await desk.journal.inbox(firstRun)).toEqual([entry]);
    expect(desk.told).toEqual([
      `advance ${firstRun}`,
      `advance ${firstRun}`,
      "react 801 at review_thread",
      `advance ${firstRun}`,
      "react 802 at review_thread",
    ]);
  });

  it("by somebody without write access is not told, and answered only when it spoke to us", async () => {
    const desk = await publishedRun();
    await desk.perform({ ...review, actor: reader });
    expect(desk.answers.size).toBe(0);
    await desk.perform({ ...review, actor: reader, commentId: 801 });
    expect([...desk.answers.keys()]).toEqual(["billfold#8 review-refused-80"]);
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
  });

  it("of somebody's own pull request from our branch is not ours", async () => {
    const desk = await publishedRun();
    await desk.perform({ ...review, number: 9 });
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect(desk.answers.size).toBe(0);
  });

  it("after the end of the run is answered with how to go on", async () => {
    const desk = await publishedRun();
    const ended = {
      kind: "run.ended",
      data: { outcome: "stopped", because: "hubot asked to stop." },
    } as const;
    await record(desk, firstRun, [ended]);
    await desk.perform(review);
    expect([...desk.answers]).toEqual([
      [
        "billfold#8 review-80",
        "The run has already ended. hubot asked to stop. What was done so far is kept. Comment `/agent retry` for a fresh run.",
      ],
    ]);
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
  });
});
