import { expect } from "vitest";
import type { RunEvent } from "../../src/run/events.ts";
import { beStrict, moveBaseMeanwhile, updatesOf } from "../support/moving-base.ts";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { call, writeScript } from "../support/script.ts";
import { onOwnStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendStep, tellStep } from "../support/tally.ts";
import { until } from "../support/until.ts";

const test = onOwnStage({ workers: 0 });

/** A check that takes a while as soon as the changelog is written: time to be killed in. */
const slowAtTheEnd = {
  "test/slow.test.js":
    'import { readFileSync } from "node:fs";\nimport { test } from "node:test";\ntest("takes its time", async () => {\n  const slow = readFileSync("CHANGELOG.md", "utf8").includes("positive");\n  await new Promise((resolve) => setTimeout(resolve, slow ? 1_000 : 0));\n});\n',
};

const tellSlowly = {
  ...tellStep,
  attempts: [
    [
      [
        call.edit("CHANGELOG.md", "# Changes", "# Changes\n\n- Sums are positive."),
        call.check("test"),
        call.finish("The changelog says so."),
      ],
    ],
  ],
};

const twoSteps = {
  ...oneReadyPull,
  commits: [
    { subject: "Add instead of subtracting", step: "1/2", verified: true },
    { subject: "Tell users", step: "2/2", verified: true },
  ],
};

const eventWhen = (story: Story, issue: number, what: string, is: (event: RunEvent) => boolean) =>
  until(what, async () => (await story.events(issue)).find(is) ?? null);

/** Every step once, and every request to the model once: nothing was done or paid twice. */
async function expectNothingTwice(story: Story, issue: number) {
  const done = (await story.events(issue)).flatMap((event) =>
    event.kind === "step.checkpointed" ? [event.data.step] : [],
  );
  expect(done).toEqual([1, 2]);
  const asked = story.model.requests.map((request) => request.raw);
  expect(new Set(asked).size).toBe(asked.length);
}

test.concurrent("a worker that is killed in the second step is replaced, and nothing is done or paid twice", async ({
  stage,
}) => {
  const victim = stage.startWorkerProcess();
  const story = await stage.story({
    files: slowAtTheEnd,
    script: writeScript({ steps: [mendStep, tellSlowly] }),
  });
  const issue = await story.askForFix();
  await eventWhen(
    story,
    issue,
    "the second step has made its edit",
    (event) => event.kind === "tool.called" && event.data.phase.startsWith("step 2,"),
  );
  await victim.kill();
  const heir = await stage.startWorker();
  const run = await story.rest(issue);
  await heir.stop();

  expect(await outcomeOf(story)).toEqual(twoSteps);
  await expectNothingTwice(story, issue);
  expect(new Set(run.workers).size).toBe(2);
  expect(story.model.requests.length).toBe(3);
});

test.concurrent("a worker that is killed while GitHub opens the pull request leaves one pull request", async ({
  stage,
}) => {
  const victim = stage.startWorkerProcess();
  const story = await stage.story({ script: writeScript({ steps: [mendStep, tellStep] }) });
  const { fullName } = story.repository;
  const opening = { method: "POST", path: new RegExp(`^/repos/${fullName}/pulls$`) };
  stage.forge.levers.fault(opening, { delayMs: 500 });
  const issue = await story.askForFix();
  await until("GitHub is asked for the pull request", async () => {
    const { requests } = stage.forge;
    return requests.some(({ method, path }) => method === "POST" && opening.path.test(path)) || null;
  });
  await victim.kill();
  const heir = await stage.startWorker();
  await story.rest(issue);
  await heir.stop();

  expect(await outcomeOf(story)).toEqual(twoSteps);
  await expectNothingTwice(story, issue);
  const opened = (await story.events(issue)).flatMap((event) =>
    event.kind === "effect.done" && event.data.op === "pull.open" ? [event.data.how] : [],
  );
  expect(opened).toEqual(["adopted"]);
});

test.concurrent("a worker that is killed while GitHub brings the branch up to its base leaves an update that is adopted, and no second one", async ({
  stage,
}) => {
  const victim = stage.startWorkerProcess();
  const story = await stage.story();
  beStrict(stage, story);
  // The call is never answered, and carried out all the same.
  stage.forge.levers.fault({ method: "PUT", path: /update-branch$/ }, { applyLaterMs: 100 });
  const { issue, tip } = await moveBaseMeanwhile(story, { "NOTES.md": "By hand.\n" });
  const { published } = await story.runWhen(issue, "the update is asked for", (run) =>
    Object.keys(run.effects).some((opKey) => opKey.startsWith("branch:update:")),
  );
  const head = () => story.seen().refs["refs/heads/agent/issue-1"];
  await until("the branch is updated", async () => (head() === published?.sha ? null : true));
  await victim.kill();
  const heir = await stage.startWorker();
  const run = await story.rest(issue);
  await heir.stop();

  expect(run).toMatchObject({
    status: "awaiting_merge",
    pull: "ready",
    published: { sha: head() },
    base: { sha: tip },
    baseUpdates: 1,
  });
  expect(updatesOf(stage, story)).toHaveLength(1);
  expect((await outcomeOf(story)).onIssue).toEqual(["progress", "result"]);
});

test.concurrent("a worker that stands still for longer than its lease writes nothing when it goes on, and its last request is adopted", async ({
  stage,
}) => {
  const { forge } = stage;
  const frozen = stage.startWorkerProcess();
  const story = await stage.story({ script: writeScript({ steps: [mendStep, tellStep] }) });
  const opening = { method: "POST", path: new RegExp(`^/repos/${story.repository.fullName}/pulls$`) };
  forge.levers.fault(opening, { delayMs: 500 });
  const issue = await story.askForFix();
  await until("GitHub is asked for the pull request", async () => {
    return forge.requests.some(({ method, path }) => method === "POST" && opening.path.test(path)) || null;
  });
  process.kill(frozen.pid, "SIGSTOP");
  const heir = await stage.startWorker();
  const run = await story.rest(issue);
  await heir.stop();
  const before = { requests: forge.requests.length, events: (await story.events(issue)).length };

  process.kill(frozen.pid, "SIGCONT");
  // It ends only when what it was doing has come to an end.
  await frozen.stop();
  expect(await frozen.exited).toBe(0);
  const written = forge.requests
    .slice(before.requests)
    // A token that it was waiting for when it was frozen is asked for again, and nothing is done with it.
    .filter(({ method, path }) => method !== "GET" && !path.endsWith("/access_tokens"));
  expect({ written, events: (await story.events(issue)).length }).toEqual({
    written: [],
    events: before.events,
  });
  expect(await outcomeOf(story)).toEqual(twoSteps);
  await expectNothingTwice(story, issue);
  expect(new Set(run.workers).size).toBe(2);
});

// By itself at the end: its times are measured.
test("a worker that is told to end hands its run over at the next turn, and no turn is repeated", async ({
  stage,
}) => {
  const leaving = stage.startWorkerProcess();
  const story = await stage.story({
    script: writeScript({ steps: [mendStep, tellStep], first: [[call.read("src/sum.js")]] }),
  });
  story.model.setLatency(1_000);
  const issue = await story.askForFix();
  await eventWhen(story, issue, "the first worker is at work", (event) => event.kind === "lease.taken");
  const heir = await stage.startWorker();
  await eventWhen(story, issue, "the first turn is done", (event) => event.kind === "tool.called");
  await leaving.stop();
  story.model.setLatency(0);
  const run = await story.rest(issue);
  await heir.stop();

  expect(await outcomeOf(story)).toEqual(twoSteps);
  await expectNothingTwice(story, issue);
  const [first, second, ...more] = [...new Set(run.workers)];
  expect({ changedHands: first !== second, more }).toEqual({ changedHands: true, more: [] });
  const events = await story.events(issue);
  const at = events.findIndex((event) => event.kind === "lease.taken" && event.data.worker === second);
  // A lease that had to run out would have taken five seconds.
  expect((events[at]?.at ?? 0) - (events[at - 1]?.at ?? 0)).toBeLessThan(2_000);
  expect(await leaving.exited).toBe(0);
});
