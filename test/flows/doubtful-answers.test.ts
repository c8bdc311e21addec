import { expect } from "vitest";
import type { Fault } from "../../demo/forge/levers.ts";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { onOwnStage } from "../support/stage.ts";
import { mendAndTell } from "../support/tally.ts";

const test = onOwnStage();

const always = Number.POSITIVE_INFINITY;

/** Every kind of write of a run. A commit is on no branch yet, so nothing tells that it was made: its calls may fail once, not for ever. */
const writes = [
  { method: "POST", path: /\/issues\/\d+\/comments$/, times: always },
  { method: "PATCH", path: /\/issues\/comments\/\d+$/, times: always },
  { method: "POST", path: /\/git\/trees$/, times: 1 },
  { method: "POST", path: /\/git\/commits$/, times: 1 },
  { method: "POST", path: /\/git\/refs$/, times: always },
  { method: "POST", path: /\/pulls$/, times: always },
  { method: "PATCH", path: /\/pulls\/\d+$/, times: always },
  { method: "POST", path: /\/check-runs$/, times: always },
  { method: "PATCH", path: /\/check-runs\/\d+$/, times: always },
  { method: "POST", path: /\/graphql$/, times: always },
];

const twoSteps = {
  ...oneReadyPull,
  commits: [
    { subject: "Add instead of subtracting", step: "1/2", verified: true },
    { subject: "Tell users", step: "2/2", verified: true },
  ],
};

test.concurrent.for<[string, Fault]>([
  ["cut off before its answer", { dropAfter: true }],
  ["answered with 502", { status: 502, applied: true }],
  ["answered with half of the JSON", { truncate: 20 }],
])("every write that is done and %s leaves exactly one of each thing", async ([, fault], { stage }) => {
  const story = await stage.story({ script: mendAndTell });
  for (const write of writes) stage.forge.levers.fault(write, fault);
  const issue = await story.askForFix();
  await story.rest(issue);
  expect(await outcomeOf(story)).toEqual(twoSteps);
});

test.concurrent.for<[string, Fault]>([
  ["is cut off before it is done", { dropBefore: true }],
  ["is refused with 503", { status: 503 }],
])("the first write of each kind that %s is made again, once", async ([, fault], { stage }) => {
  const story = await stage.story({ script: mendAndTell });
  for (const write of writes) stage.forge.levers.fault({ ...write, times: 1 }, fault);
  const issue = await story.askForFix();
  await story.rest(issue);
  expect(await outcomeOf(story)).toEqual(twoSteps);
});

test.concurrent("a token that expires in the middle of a run is minted anew, and nothing else changes", async ({
  stage,
}) => {
  const { forge } = stage;
  const story = await stage.story({ script: mendAndTell });
  story.model.setLatency(100);
  const minted = () =>
    forge.requests.filter(({ path, status }) => path.endsWith("/access_tokens") && status === 201).length;
  const issue = await story.askForFix();
  await story.runWhen(issue, "a step is done", (run) => run.steps[0]?.status === "done");
  const before = minted();
  forge.levers.expireTokens();
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(twoSteps);
  expect(minted()).toBeGreaterThan(before);
});

test.concurrent("a key that is revoked stops everything, an operator is alerted, and a retry goes on where it was", async ({
  stage,
}) => {
  const { forge, log } = stage;
  const story = await stage.story({ script: mendAndTell });
  story.model.setLatency(300);
  const issue = await story.askForFix();
  await story.runWhen(issue, "a step is done", (run) => run.steps[0]?.status === "done");
  const from = forge.requests.length;
  const revoked = { status: 401, body: { message: "A JSON web token could not be decoded" } };
  forge.levers.fault({ path: /\/access_tokens$/, times: always }, revoked);
  forge.levers.expireTokens();
  await story.runWhen(issue, "the run asks", (run) => run.asked?.reason === "permission");
  const made = (since: number) =>
    forge.requests
      .slice(since)
      .filter(
        ({ method, path, status }) => method !== "GET" && status < 300 && !path.endsWith("/access_tokens"),
      );
  expect(made(from)).toEqual([]);
  expect(
    log.some((line) => line.includes('"level":50') && line.includes("does not accept the App's credentials")),
  ).toBe(true);

  forge.levers.clear();
  await story.comment(issue, "/agent retry");
  await story.runWhen(issue, "the pull request is ready", (run) => run.status === "awaiting_merge");
  await story.rest(issue);
  expect((await outcomeOf(story)).commits).toEqual(twoSteps.commits);
  const done = (await story.events(issue)).flatMap((event) =>
    event.kind === "step.checkpointed" ? [event.data.step] : [],
  );
  expect(done).toEqual([1, 2]);
});
