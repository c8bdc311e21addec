import { describe, expect, it } from "vitest";
import type { CommandOf } from "../../src/commands/command.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { publishedSha, untilPublished } from "../support/log.ts";
import { useRedis } from "../support/redis.ts";
import { firstRun, performing, reader, record, repository, secondRun, start, writer } from "./performing.ts";

const redis = useRedis();

const press = (button: "retry" | "stop", changes: Partial<CommandOf<"press">> = {}): CommandOf<"press"> => ({
  kind: "press",
  deliveryId: `delivery-of-${button}`,
  installationId: repository.installationId,
  repository,
  sha: publishedSha,
  button,
  actor: writer,
  ...changes,
});
const question: NewEvent = {
  kind: "person.asked",
  data: { reason: "ci_red", question: "What now?", resumeAt: "gate" },
};
const stopped: NewEvent = {
  kind: "run.ended",
  data: { outcome: "stopped", because: "hubot asked to stop." },
};
const told = (command: "retry" | "stop") => [
  { deliveryId: `delivery-of-${command}`, command, actor: writer, step: null, why: null },
];

async function publishedRun(...events: NewEvent[]) {
  const desk = performing(redis());
  await desk.perform(start);
  await record(desk, firstRun, [...untilPublished, ...events]);
  desk.told.length = 0;
  return desk;
}

describe("a button of our check run", () => {
  it("stops the run, without a comment or a reaction", async () => {
    const desk = await publishedRun();
    await desk.perform(press("stop"));
    expect(await desk.journal.inbox(firstRun)).toEqual(told("stop"));
    expect(desk.told).toEqual([`advance ${firstRun}`]);
    expect(desk.answers.size).toBe(0);
  });

  it("answers a question", async () => {
    const desk = await publishedRun(question);
    await desk.perform(press("retry"));
    expect(await desk.journal.inbox(firstRun)).toEqual(told("retry"));
  });

  it("that has nothing to do says so on the pull request", async () => {
    const desk = await publishedRun();
    await desk.perform(press("retry"));
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect([...desk.answers.keys()]).toEqual(["billfold#8 press-delivery-of-retry"]);
  });

  it("begins a fresh run after a stopped one, and only one however often it is delivered", async () => {
    const desk = await publishedRun(stopped);
    await desk.perform(press("retry"));
    await desk.perform(press("retry"));
    expect(await desk.journal.runOfIssue(repository.id, 7)).toBe(secondRun);
    expect(desk.answers.size).toBe(0);
  });

  it("pressed by somebody without write access does nothing", async () => {
    const desk = await publishedRun(question);
    await desk.perform(press("stop", { actor: reader }));
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect(desk.answers.size).toBe(0);
  });

  it("on a commit that no run has published does nothing", async () => {
    const desk = await publishedRun(question);
    await desk.perform(press("stop", { sha: "9".repeat(40) }));
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
  });
});
