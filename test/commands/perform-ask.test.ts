import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/run/events.ts";
import { gateRead, planned, setUp, startStep, triaged, untilPublished } from "../support/log.ts";
import { useRedis } from "../support/redis.ts";
import {
  ask,
  firstRun,
  type Performing,
  performing,
  reader,
  record,
  secondRun,
  start,
  writer,
} from "./performing.ts";

const redis = useRedis();
const retry = { verb: "retry", step: null, why: null } as const;
const question: NewEvent = {
  kind: "person.asked",
  data: { reason: "step_failed", question: "Step 1 failed 3 times.", resumeAt: "execute" },
};
const ended: NewEvent = { kind: "run.ended", data: { outcome: "stopped", because: "@hubot asked to stop." } };

/** A desk with one run that has got this far. */
async function runThatDid(
  events: readonly NewEvent[],
  changes: Parameters<typeof performing>[1] = {},
): Promise<Performing> {
  const desk = performing(redis(), changes);
  await desk.perform(start);
  await record(desk, firstRun, events);
  desk.told.length = 0;
  return desk;
}

const waiting = [triaged, setUp, planned, startStep(1), question];

describe("retry", () => {
  it("is told to a run that waits for a person, with the step and the reason, and acknowledged", async () => {
    const desk = await runThatDid(waiting);
    const command = ask({ verb: "retry", step: 2, why: "the port is wrong" });
    await desk.perform(command);
    const { deliveryId } = command;
    expect(await desk.journal.inbox(firstRun)).toEqual([
      { deliveryId, command: "retry", actor: writer, step: 2, why: "the port is wrong" },
    ]);
    expect(desk.told).toEqual([`advance ${firstRun}`, `react ${command.commentId}`]);
    expect(desk.answers.size).toBe(0);
  });

  it("performed twice, because a worker died in between, is told once", async () => {
    const desk = await runThatDid(waiting);
    const command = ask(retry);
    await desk.perform(command);
    await desk.perform(command);
    expect(await desk.journal.inbox(firstRun)).toHaveLength(1);
  });

  it("is not kept for later by a run that is at work: it would answer a question that nobody has read", async () => {
    const desk = await runThatDid([triaged, setUp, planned, startStep(1)]);
    const command = ask(retry);
    await desk.perform(command);
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect([...desk.answers]).toEqual([
      [
        `billfold#7 command-${command.commentId}`,
        "The run is under way and has not stopped, so there is nothing to try again. Working on step 1 of 2. To end it, comment `/agent stop`.",
      ],
    ]);
  });

  it("of a step that is not in the plan is answered", async () => {
    const desk = await runThatDid(waiting);
    await desk.perform(ask({ ...retry, step: 9 }));
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect([...desk.answers.values()]).toEqual([
      "There is no step 9: the steps are 1 to 2. Without a number, `/agent retry` goes on where the run stopped.",
    ]);
  });

  it("of a run that has ended begins the next one, with the text that the first one had", async () => {
    const desk = await runThatDid([...waiting, ended]);
    const command = ask({ ...retry, why: "use the other parser" });
    await desk.perform(command);
    const [first] = await desk.journal.read(firstRun);
    const [event] = await desk.journal.read(secondRun);
    expect(event).toMatchObject({
      kind: "run.requested",
      data: { ordinal: 2, deliveryId: command.deliveryId },
    });
    expect(event?.kind === "run.requested" && event.data.issue).toEqual(
      first?.kind === "run.requested" && first.data.issue,
    );
    expect(await desk.journal.inbox(secondRun)).toMatchObject([
      { command: "retry", why: "use the other parser" },
    ]);
    expect(desk.told).toEqual([`advance ${secondRun}`, `react ${command.commentId}`]);
  });

  it("of a run that has ended, performed twice, begins one run", async () => {
    const desk = await runThatDid([...waiting, ended]);
    const command = ask(retry);
    await desk.perform(command);
    await desk.perform(command);
    expect(await desk.journal.activeRuns()).toEqual([secondRun]);
    expect(await desk.journal.inbox(secondRun)).toEqual([]);
    expect(desk.answers.size).toBe(0);
  });

  it("on the pull request of a former run is answered while a later one works on the issue", async () => {
    const desk = await runThatDid([...untilPublished, ended]);
    await desk.perform({ ...start, deliveryId: "another" });
    await desk.perform(ask(retry, { on: "pull_request", number: 8 }));
    expect([...desk.answers]).toMatchObject([
      [expect.stringMatching(/^billfold#8 /), expect.stringMatching(/under way/)],
    ]);
    expect(await desk.journal.activeRuns()).toEqual([secondRun]);
  });
});

describe("stop", () => {
  it("is told to the run at once, from the issue and from the pull request", async () => {
    const desk = await runThatDid([...untilPublished]);
    const [onIssue, onPull] = [
      ask({ verb: "stop" }),
      ask({ verb: "stop" }, { on: "pull_request", number: 8 }),
    ];
    await desk.perform(onIssue);
    await desk.perform(onPull);
    expect(await desk.journal.inbox(firstRun)).toMatchObject([
      { deliveryId: onIssue.deliveryId, command: "stop" },
      { deliveryId: onPull.deliveryId, command: "stop" },
    ]);
  });

  it("of a run that has ended is answered", async () => {
    const desk = await runThatDid([ended]);
    await desk.perform(ask({ verb: "stop" }));
    expect([...desk.answers.values()]).toEqual([
      "The run has already ended. @hubot asked to stop. What was done so far is kept. Comment `/agent retry` for a fresh run.",
    ]);
  });

  it("counts although GitHub does not take the reaction", async () => {
    const react = () => Promise.reject(new Error("403"));
    const desk = await runThatDid([triaged], { github: { react } });
    await desk.perform(ask({ verb: "stop" }));
    expect(await desk.journal.inbox(firstRun)).toHaveLength(1);
  });
});

describe("status and help", () => {
  it("are answered from the log, and change nothing", async () => {
    const desk = await runThatDid([...untilPublished, gateRead("passed")]);
    await desk.perform(ask({ verb: "status" }, { on: "pull_request", number: 8 }));
    await desk.perform(ask({ verb: "help" }));
    expect([...desk.answers.values()]).toMatchInlineSnapshot(`
      [
        "**awaiting ci** · 2 of 2 steps done · $0.00 of $2.00 spent · #8

      CI: test: success on this commit.

      Nothing to do for you. Comment \`/agent stop\` to stop.",
        "What I understand, as the first line of a new comment:

      - \`/agent retry [step N] [why…]\`: go on where it stopped, or do step N again; what you write after it helps
      - \`/agent stop\`: end the run; branch and pull request stay
      - \`/agent status\`: where the run is, what it cost, what it waits for
      - \`/agent help\`: this list",
      ]
    `);
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
    expect(desk.told).toEqual([]);
  });

  it("and anything unknown are answered on an issue without a run", async () => {
    const desk = performing(redis());
    await desk.perform(ask({ verb: "status" }));
    await desk.perform(ask({ verb: "unknown", text: "stpo", nearest: "stop" }));
    await desk.perform(ask({ verb: "unknown", text: "@everyone `<img>`", nearest: null }));
    expect([...desk.answers.values()]).toMatchInlineSnapshot(`
      [
        "There is no run here yet. Put the label \`agent-fix\` on the issue to start one.",
        "I do not know "stpo". Did you mean \`/agent stop\`? It does this: end the run; branch and pull request stay.",
        "I do not know "@​everyone '<​img>'". What I understand, as the first line of a new comment:

      - \`/agent retry [step N] [why…]\`: go on where it stopped, or do step N again; what you write after it helps
      - \`/agent stop\`: end the run; branch and pull request stay
      - \`/agent status\`: where the run is, what it cost, what it waits for
      - \`/agent help\`: this list",
      ]
    `);
  });
});

describe("every command", () => {
  const all = [retry, { verb: "stop" }, { verb: "status" }, { verb: "help" }] as const;

  it.each(all)("$verb by somebody without write access is answered once and does nothing", async (asked) => {
    const desk = await runThatDid(waiting);
    const command = ask(asked, { actor: reader });
    await desk.perform(command);
    await desk.perform(command);
    expect([...desk.answers]).toEqual([
      [`billfold#7 command-${command.commentId}`, expect.stringMatching(/^Thank you, @passer-by\./)],
    ]);
    expect([...desk.told, ...(await desk.journal.inbox(firstRun))]).toEqual([]);
  });

  it.each(all)("$verb by a bot that is not on the list is not even answered", async (asked) => {
    const desk = await runThatDid(waiting);
    await desk.perform(ask(asked, { actor: { id: 9, login: "other[bot]" } }));
    expect([...desk.answers, ...desk.told, ...(await desk.journal.inbox(firstRun))]).toEqual([]);
  });

  it("on a pull request that is not ours finds no run", async () => {
    const desk = await runThatDid(waiting);
    await desk.perform(ask({ verb: "stop" }, { on: "pull_request", number: 30 }));
    expect([...desk.answers.values()]).toEqual([
      "There is no run here yet. Put the label `agent-fix` on the issue to start one.",
    ]);
    expect(await desk.journal.inbox(firstRun)).toEqual([]);
  });
});
