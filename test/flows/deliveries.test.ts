import { expect } from "vitest";
import { oneReadyPull, onlyWords, outcomeOf } from "../support/outcome.ts";
import { onOwnStage } from "../support/stage.ts";
import { tallyIssue } from "../support/tally.ts";

const test = onOwnStage();

test.concurrent("every delivery that comes twice leaves the same single outcome", async ({ stage }) => {
  const { forge } = stage;
  forge.levers.webhooks.duplicate({ times: Number.POSITIVE_INFINITY });
  const story = await stage.story();
  const issue = await story.askForFix();
  await story.rest(issue);
  await forge.settled();

  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  expect(story.model.requests.length).toBe(2);
});

test.concurrent("deliveries that are sent again after the end change nothing", async ({ stage }) => {
  const { forge, journal } = stage;
  const story = await stage.story();
  const { owner, name, id } = story.repository;
  const issue = await story.robin.openIssue(owner, name, { ...tallyIssue, labels: ["agent-fix"] });
  const run = await story.rest(issue);
  const before = story.seen();

  for (const delivery of story.deliveries()) await stage.redeliver(delivery);
  await forge.settled();
  await story.quiet();

  expect(await journal.runOfIssue(id, issue)).toBe(run.id);
  expect({ ...story.seen(), tree: null }).toEqual({ ...before, tree: null });
});

test.concurrent.for([1, 2, 3])(
  "deliveries in another order leave the same single outcome (seed %i)",
  async (seed, { stage }) => {
    const { forge } = stage;
    const story = await stage.story();
    forge.levers.webhooks.reorder(seed, 50);
    const { owner, name } = story.repository;
    const issue = await story.robin.openIssue(owner, name, { ...tallyIssue, labels: ["agent-fix"] });
    await story.rest(issue);
    await forge.settled();

    expect(await outcomeOf(story)).toEqual(oneReadyPull);
    expect(story.model.requests.length).toBe(2);
  },
);

test.concurrent("a label that was taken off again before its delivery came starts nothing", async ({
  stage,
}) => {
  const { forge } = stage;
  const story = await stage.story();
  const { owner, name } = story.repository;
  forge.levers.webhooks.delay({ event: "issues", action: "labeled" }, 1_000);
  const issue = await story.askForFix();
  await story.robin.unlabel(owner, name, issue, "agent-fix");
  await forge.settled();
  await story.quiet();

  expect(story.deliveries("issues").map(({ action, status }) => [action, status])).toContainEqual([
    "labeled",
    "OK",
  ]);
  expect(await story.run(issue)).toBeNull();
  expect(await outcomeOf(story)).toEqual(onlyWords());
});
