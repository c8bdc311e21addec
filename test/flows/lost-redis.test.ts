import { Redis } from "ioredis";
import { expect } from "vitest";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { mendsTheChangelog, onlyInCi } from "../support/red-ci.ts";
import { writeScript } from "../support/script.ts";
import { onOwnStage, type Stage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendAndTell, mendStep } from "../support/tally.ts";
import { until } from "../support/until.ts";

const test = onOwnStage({ reconcileMs: 400 });

/** The disk is gone: an empty Redis in the place of the old one. */
async function loseEverything({ redisUrl }: Stage, story: Story) {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  story.forget();
  redis.disconnect();
}

const twoSteps = {
  ...oneReadyPull,
  commits: [
    { subject: "Add instead of subtracting", step: "1/2", verified: true },
    { subject: "Tell users", step: "2/2", verified: true },
  ],
};

/** Of how many events the run consists again: it began anew. */
const again = (story: Story, issue: number) =>
  until("the run is found again", async () => (await story.run(issue)) ?? null);

test.concurrent("a pull request that is ready when Redis is lost is found again and adopted, and nothing is made twice", async ({
  stage,
}) => {
  const story = await stage.story({ script: mendAndTell });
  const issue = await story.askForFix();
  const before = await story.rest(issue);
  await loseEverything(stage, story);
  await again(story, issue);
  const run = await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(twoSteps);
  expect({ id: run.id, sha: run.published?.sha, calls: story.model.requests.length }).toEqual({
    id: before.id,
    sha: before.published?.sha,
    calls: 3,
  });

  await story.robin.mergePull(story.repository.owner, story.repository.name, 2);
  const merged = await story.runWhen(issue, "the run has ended", (now) => Boolean(now.ended));
  expect(merged.status).toBe("merged");
});

test.concurrent("a run that had published nothing when Redis was lost is done again, once", async ({
  stage,
}) => {
  const story = await stage.story({ script: mendAndTell });
  story.model.hang(1, "step 2, attempt 1");
  const issue = await story.askForFix();
  await story.runWhen(issue, "the second step is at work", (run) => run.steps[1]?.status === "running");
  await until("the model is asked", async () => (story.model.requests.length >= 3 ? true : null));
  await loseEverything(stage, story);
  await again(story, issue);
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(twoSteps);
});

test.concurrent("a branch whose pull request was not opened yet when Redis was lost gets its pull request, once", async ({
  stage,
}) => {
  const story = await stage.story({ script: mendAndTell });
  const path = new RegExp(`^/repos/${story.repository.fullName}/pulls$`);
  stage.forge.levers.fault({ method: "POST", path }, { status: 503, headers: {} });
  stage.forge.levers.fault({ method: "POST", path, nth: 2, times: 20 }, { delayMs: 2_000 });
  const issue = await story.askForFix();
  await until("the branch stands", async () => story.seen().refs["refs/heads/agent/issue-1"] ?? null);
  await loseEverything(stage, story);
  await again(story, issue);
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(twoSteps);
});

test.concurrent("a run that is found again with a red CI repairs it, as it would have", async ({ stage }) => {
  const script = writeScript({ steps: [mendStep], repairs: [mendsTheChangelog] });
  const story = await stage.story({ files: onlyInCi, script });
  const issue = await story.askForFix();
  await story.runWhen(issue, "its commits are published", (run) => run.published !== null);
  await loseEverything(stage, story);
  await again(story, issue);
  const run = await story.rest(issue);

  expect((await outcomeOf(story)).commits).toEqual([
    { subject: "Add instead of subtracting", step: "1/1", verified: true },
    expect.objectContaining({ subject: "Repair what CI found (1)", verified: true }),
  ]);
  expect(run.repairs.length).toBe(1);
  expect(story.seen().workflowRuns.map((ci) => ci.conclusion)).toEqual(["failure", "success"]);
});

test.concurrent("a label that was answered before Redis was lost is not answered again", async ({
  stage,
}) => {
  const { log } = stage;
  const story = await stage.story();
  const { owner, name, id } = story.repository;
  const issue = await story.askForFix();
  await story.rest(issue);
  await story.robin.closePull(owner, name, 2);
  await story.runWhen(issue, "the run has ended", (run) => Boolean(run.ended));
  await loseEverything(stage, story);
  await until(
    "the issue was looked at",
    async () =>
      log.some(
        (line) => line.includes("a former run of this labelled issue is over") && line.includes(String(id)),
      ) || null,
  );
  await story.quiet();

  expect(await story.run(issue)).toBeNull();
  expect(story.seen().pulls.length).toBe(1);
});
