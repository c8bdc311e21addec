import { describe, expect, it } from "vitest";
import type { CommandOf } from "../../src/commands/command.ts";
import { untilPublished } from "../support/log.ts";
import { useRedis } from "../support/redis.ts";
import { firstRun, performing, reader, record, repository, start } from "./performing.ts";

const redis = useRedis();

const staged = (stage: "draft" | "ready", changes: object = {}): CommandOf<"pull_staged"> => ({
  kind: "pull_staged",
  deliveryId: `delivery-of-${stage}`,
  installationId: repository.installationId,
  repository,
  number: 8,
  branch: "agent/issue-7",
  stage,
  actor: reader,
  ...changes,
});

async function publishedRun() {
  const desk = performing(redis());
  await desk.perform(start);
  await record(desk, firstRun, untilPublished);
  desk.told.length = 0;
  return desk;
}

describe("pull_staged", () => {
  it.each([
    ["draft", "pull_drafted"],
    ["ready", "pull_readied"],
  ] as const)("to %s is told to the run, whoever may do that on GitHub", async (stage, command) => {
    const desk = await publishedRun();
    await desk.perform(staged(stage));
    expect(await desk.journal.inbox(firstRun)).toEqual([
      { deliveryId: `delivery-of-${stage}`, command, actor: reader, step: null, why: null },
    ]);
    expect(desk.told).toEqual([`advance ${firstRun}`]);
  });

  it("by the App itself, or of another pull request, is no news", async () => {
    const desk = await publishedRun();
    await desk.perform(staged("draft", { actor: { id: 99, login: "fixpoint[bot]" } }));
    await desk.perform(staged("draft", { number: 9 }));
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect(desk.told).toEqual([]);
  });
});
