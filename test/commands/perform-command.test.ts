import { describe, expect, it } from "vitest";
import { TryLater } from "../../src/errors.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { published, publishedSha, request, untilPublished } from "../support/log.ts";
import { useRedis } from "../support/redis.ts";
import {
  firstRun,
  performing,
  reader,
  record,
  repository,
  secondRun,
  start,
  versions,
  writer,
} from "./performing.ts";

const redis = useRedis();
const ended: NewEvent = { kind: "run.ended", data: { outcome: "stopped", because: "@hubot asked to stop." } };

describe("start", () => {
  it("begins a run whose first event is the whole request, and hints it", async () => {
    const desk = performing(redis());
    await desk.perform(start);
    const events = await desk.journal.read(firstRun);
    expect(events.map(({ kind, data }) => ({ kind, data }))).toEqual([
      { kind: "run.requested", data: { ...request, requestedBy: writer, versions } },
    ]);
    expect(desk.told).toEqual([`advance ${firstRun}`]);
    expect(desk.answers).toEqual(new Map());
  });

  it("twice, by a redelivery or by two labels, is one run", async () => {
    const desk = performing(redis());
    await desk.perform(start);
    await desk.perform(start);
    await desk.perform({ ...start, deliveryId: "another", trigger: "opened" });
    expect(await desk.journal.activeRuns()).toEqual([firstRun]);
    expect(await desk.journal.read(firstRun)).toHaveLength(1);
  });

  it("beyond what one person may start waits for its turn, and that is told on one issue only", async () => {
    const desk = performing(redis());
    const label = (number: number, actor = writer, deliveryId = `label-on-${number}`) =>
      desk.perform({
        ...start,
        deliveryId,
        issue: { ...start.issue, number },
        actor,
      });
    // An issue that is opened with its label is told by two deliveries at once.
    for (const number of [1, 2, 3])
      await Promise.all([label(number), label(number, writer, `opened-${number}`)]);
    await expect(label(4, writer, "opened-4")).rejects.toThrow(TryLater);
    for (const number of [4, 5, 4]) await expect(label(number)).rejects.toThrow(TryLater);
    expect(await desk.journal.activeRuns()).toHaveLength(3);
    expect([...desk.answers.keys()]).toEqual([`${repository.name}#4 start-waits-${writer.id}-first`]);
    // The same label again costs nothing, and somebody else is not kept waiting.
    await label(3);
    desk.permissions["second"] = "write";
    const second = { id: 9, login: "second" };
    await label(5, second);
    expect(await desk.journal.activeRuns()).toHaveLength(4);
    // Who waits where somebody else waits already is told all the same.
    for (const number of [6, 7]) await label(number, second);
    await expect(label(4, second)).rejects.toThrow(TryLater);
    expect([...desk.answers.keys()].at(-1)).toBe(`${repository.name}#4 start-waits-9-first`);
  });

  it("after the end of a run begins the next one, on a branch of its own", async () => {
    const desk = performing(redis());
    await desk.perform(start);
    await record(desk, firstRun, [ended]);
    await desk.perform({ ...start, deliveryId: "another" });
    const [event] = await desk.journal.read(secondRun);
    expect(event?.data).toMatchObject({ ordinal: 2, branch: "agent/issue-7-2" });
  });

  it("is put off while the index still counts an ended run as active", async () => {
    const desk = performing(redis());
    await desk.perform(start);
    const lease = await desk.leases.take(firstRun);
    const last = (await desk.journal.read(firstRun)).at(-1);
    await desk.journal.append(lease!, last!, ended);
    await lease!.release();
    // the worker dies here, before it could write the index
    const again = { ...start, deliveryId: "another" };
    await expect(desk.perform(again)).rejects.toThrow(TryLater);
    expect(desk.told.at(-1)).toBe(`advance ${firstRun}`);
    await record(desk, firstRun, []);
    await desk.perform(again);
    expect(await desk.journal.activeRuns()).toEqual([secondRun]);
  });

  it("by somebody without write access is answered once, however often they try, and begins nothing", async () => {
    const desk = performing(redis());
    await desk.perform({ ...start, actor: reader });
    await desk.perform({ ...start, actor: reader, deliveryId: "another", trigger: "opened" });
    expect(await desk.journal.activeRuns()).toEqual([]);
    expect(desk.told).toEqual([]);
    expect([...desk.answers]).toEqual([
      [
        "billfold#7 start-refused-3",
        "Thank you, @passer-by. Only people who can write to this repository may ask me to work here; one of them can do it for you.",
      ],
    ]);
  });

  it("by a bot that is not on the list is not even answered", async () => {
    const desk = performing(redis());
    await desk.perform({ ...start, actor: { id: 9, login: "other[bot]" } });
    expect([...desk.answers, ...desk.told, ...(await desk.journal.activeRuns())]).toEqual([]);
  });

  it("begins nothing while GitHub cannot say who may ask", async () => {
    const away = () => Promise.reject(new TryLater("GitHub is away", 5_000));
    const desk = performing(redis(), { github: { permissionOf: away } });
    await expect(desk.perform(start)).rejects.toThrow(TryLater);
    expect(await desk.journal.activeRuns()).toEqual([]);
  });
});

describe("wake", () => {
  const wake = {
    kind: "wake",
    deliveryId: "ci-1",
    installationId: 5,
    repositoryId: repository.id,
    sha: publishedSha,
  };

  it("hints the run that published this commit", async () => {
    const desk = performing(redis());
    await desk.perform(start);
    await record(desk, firstRun, [...untilPublished]);
    await desk.perform(wake);
    expect(desk.told.slice(1)).toEqual([`advance ${firstRun}`]);
  });

  it("hints nothing for a commit that nobody waits for, or in another repository", async () => {
    const desk = performing(redis());
    await desk.perform(start);
    await record(desk, firstRun, [...untilPublished]);
    await desk.perform({ ...wake, sha: "3".repeat(40) });
    await desk.perform({ ...wake, repositoryId: 99 });
    expect(desk.told.slice(1)).toEqual([]);
  });
});

describe("pull_closed", () => {
  const closed = {
    kind: "pull_closed",
    deliveryId: "closing",
    installationId: 5,
    repository,
    number: 8,
    branch: "agent/issue-7",
    merged: true,
    actor: reader,
  };

  it.each([
    [true, "pull_merged"],
    [false, "pull_closed"],
  ])("with merged %s is told to the run as %s, whoever did it", async (merged, command) => {
    const desk = performing(redis());
    await desk.perform(start);
    await record(desk, firstRun, [...untilPublished]);
    await desk.perform({ ...closed, merged });
    await desk.perform({ ...closed, merged });
    expect(await desk.journal.inbox(firstRun)).toEqual([
      { deliveryId: "closing", command, actor: reader, step: null, why: null },
    ]);
    expect(desk.told.at(-1)).toBe(`advance ${firstRun}`);
  });

  it.each([
    ["another pull request from the same branch", { number: 12 }],
    ["a branch without a run", { branch: "agent/issue-99" }],
  ])("of %s is told to nobody", async (_, changes) => {
    const desk = performing(redis());
    await desk.perform(start);
    await record(desk, firstRun, [published]);
    await desk.perform({ ...closed, ...changes });
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect(desk.told).toEqual([`advance ${firstRun}`]);
  });
});

describe("installed", () => {
  const installed = {
    kind: "installed",
    deliveryId: "installing",
    installationId: 5,
    repositories: [
      repository,
      { ...repository, id: 2, name: "archived" },
      { ...repository, id: 3, name: "third" },
    ],
  };

  it("creates the label everywhere", async () => {
    const desk = performing(redis());
    await desk.perform(installed);
    expect(desk.told).toEqual([
      "label billfold agent-fix",
      "label archived agent-fix",
      "label third agent-fix",
    ]);
  });

  it("goes on after a repository that refuses, and fails at the end, to be tried again", async () => {
    const made: string[] = [];
    const ensureLabel = async ({ name }: { name: string }) => {
      if (name === "archived") throw new Error("Repository was archived so is read-only.");
      made.push(name);
    };
    const desk = performing(redis(), { github: { ensureLabel } });
    await expect(desk.perform(installed)).rejects.toThrow("archived");
    expect(made).toEqual(["billfold", "third"]);
  });
});

it("refuses what is no command", async () => {
  const desk = performing(redis());
  for (const payload of [
    null,
    {},
    { ...start, kind: "merge" },
    { ...start, repository: "octo-org/billfold" },
  ]) {
    await expect(desk.perform(payload)).rejects.toThrow();
  }
  expect(desk.told).toEqual([]);
});
