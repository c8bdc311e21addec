import { pino } from "pino";
import { expect } from "vitest";
import { createRedis } from "../../src/journal/connection.ts";
import { REDIS_PREFIX } from "../../src/journal/keys.ts";
import { createSlots } from "../../src/journal/slots.ts";
import { oneReadyPull, onlyWords, outcomeOf } from "../support/outcome.ts";
import { onOwnStage, type Stage } from "../support/stage.ts";
import { tallyIssue } from "../support/tally.ts";
import { until } from "../support/until.ts";

const test = onOwnStage({ reconcileMs: 400 });

/** As if another worker were at it all the time. Gives how to end that. */
async function keepBusy(stage: Stage, name: string): Promise<() => void> {
  const redis = createRedis(stage.redisUrl, {
    name: "test",
    whenDown: "wait",
    log: pino({ level: "silent" }),
  });
  const slots = createSlots({ redis, prefix: REDIS_PREFIX, worker: "another" });
  await until("the slot is ours", async () => (await slots.claim(name, 600_000)) || null);
  return () => redis.disconnect();
}

/** What the reconciler has counted, by name. */
async function counts(stage: Stage): Promise<Record<string, number>> {
  const lines = (await stage.metrics()).matchAll(/^fixpoint_reconciled_total\{what="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries(Array.from(lines, ([, what, count]) => [what, Number(count)]));
}

test.concurrent("a delivery that nobody took is asked for again, and starts its run", async ({
  stage,
  onTestFinished,
}) => {
  const { forge } = stage;
  onTestFinished(await keepBusy(stage, "repositories"));
  const story = await stage.story();
  forge.levers.webhooks.drop({ event: "issues", action: "labeled" });
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  const labeled = story.deliveries("issues").filter((each) => each.action === "labeled");
  expect(labeled.map(({ redelivery, status }) => ({ redelivery, status }))).toEqual([
    { redelivery: false, status: "failed to connect to host" },
    { redelivery: true, status: "OK" },
  ]);
  expect(await counts(stage)).toMatchObject({
    deliveries_lost: 1,
    redeliveries_asked: 1,
    deliveries_given_up: 0,
  });
});

test.concurrent("a labelled issue whose delivery was taken and lost gets its run, once", async ({
  stage,
  onTestFinished,
}) => {
  const { forge, log } = stage;
  onTestFinished(await keepBusy(stage, "deliveries"));
  const story = await stage.story();
  forge.levers.webhooks.drop({ event: "issues", times: Number.POSITIVE_INFINITY });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  expect(run.request).toMatchObject({ ordinal: 1, requestedBy: { login: "robin" } });
  const found = log.filter(
    (line) => line.includes("found a labelled issue") && line.includes(story.repository.owner),
  );
  expect(found.length).toBe(1);

  // The lost delivery comes after all, when the run has ended.
  await story.robin.closePull(story.repository.owner, story.repository.name, 2);
  const closed = await story.runWhen(issue, "the run has ended", (now) => Boolean(now.ended));
  forge.levers.clear();
  const [late] = story.deliveries("issues").filter((each) => each.action === "labeled");
  if (late) await stage.redeliver(late);
  await story.quiet();
  expect((await story.run(issue))?.id).toBe(closed.id);
});

test.concurrent("who may not ask is told so once, however often the label is found", async ({
  stage,
  onTestFinished,
}) => {
  const { forge } = stage;
  onTestFinished(await keepBusy(stage, "deliveries"));
  forge.createUser("mallory");
  const story = await stage.story({ collaborators: { mallory: "triage" } });
  const { owner, name } = story.repository;
  forge.levers.webhooks.drop({ event: "issues", times: Number.POSITIVE_INFINITY });
  const issue = await story.robin.openIssue(owner, name, tallyIssue);
  await forge.as("mallory").label(owner, name, issue, "agent-fix");
  await until("mallory is answered", async () => (story.comments(issue).length > 0 ? true : null));
  const before = forge.requests.length;
  await until("the repository was looked at again", async () => {
    const since = forge.requests
      .slice(before)
      .filter((each) => each.path === `/repos/${owner}/${name}/issues`);
    return since.length >= 3 || null;
  });

  expect(await story.run(issue)).toBeNull();
  expect(await outcomeOf(story)).toEqual(onlyWords("answer"));
});

test.concurrent("a run whose pull request was merged while nobody listened ends, and looking on costs nothing", async ({
  stage,
  onTestFinished,
}) => {
  const { forge } = stage;
  onTestFinished(await keepBusy(stage, "deliveries"));
  const story = await stage.story();
  const { owner, name } = story.repository;
  const issue = await story.askForFix();
  await story.rest(issue);
  forge.levers.webhooks.drop({ times: Number.POSITIVE_INFINITY });
  await story.robin.mergePull(owner, name, 2);
  const run = await story.runWhen(issue, "the run has ended", (now) => Boolean(now.ended));
  expect(run.ended?.outcome).toBe("merged");

  const before = forge.requests.length;
  const look = () =>
    forge.requests.slice(before).filter((each) => each.path === `/repos/${owner}/${name}/issues`);
  await until("the repository was looked at three times", async () => (look().length >= 3 ? true : null));
  expect(
    new Set(
      look()
        .slice(1)
        .map((each) => each.status),
    ),
  ).toEqual(new Set([304]));
});

test.concurrent("a run whose issue was closed while nobody listened ends", async ({
  stage,
  onTestFinished,
}) => {
  const { forge } = stage;
  onTestFinished(await keepBusy(stage, "deliveries"));
  const story = await stage.story();
  const { owner, name } = story.repository;
  story.model.hang();
  const issue = await story.askForFix();
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  forge.levers.webhooks.drop({ times: Number.POSITIVE_INFINITY });
  await story.robin.closeIssue(owner, name, issue);
  const run = await story.runWhen(issue, "the run has ended", (now) => Boolean(now.ended));

  expect(run.ended).toMatchObject({ outcome: "stopped", because: "The issue was closed." });
  expect((await counts(stage))["runs_told"]).toBeGreaterThan(0);
});
