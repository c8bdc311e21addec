import { Redis } from "ioredis";
import { expect } from "vitest";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { onOwnStage, type Stage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendAndTell } from "../support/tally.ts";
import { until } from "../support/until.ts";

const test = onOwnStage();

const twoSteps = {
  ...oneReadyPull,
  commits: [
    { subject: "Add instead of subtracting", step: "1/2", verified: true },
    { subject: "Tell users", step: "2/2", verified: true },
  ],
};

/** A run whose second step waits for the model, with two workers that could have it. */
async function runInStepTwo(stage: Stage) {
  const story = await stage.story({ script: mendAndTell });
  story.model.setLatency(1_500);
  const issue = await story.askForFix();
  await story.runWhen(issue, "the second step is at work", (run) => run.steps[1]?.status === "running");
  return { story, issue };
}

const checkpoints = async (story: Story, issue: number) =>
  (await story.events(issue)).flatMap((event) =>
    event.kind === "step.checkpointed" ? [event.data.step] : [],
  );

test.concurrent("a Redis that is away for twenty seconds doubles nothing, and no step with a checkpoint is done again", async ({
  stage,
}) => {
  const { story, issue } = await runInStepTwo(stage);
  const heir = await stage.startWorker();
  const redis = new Redis(stage.redisUrl);
  const pid = Number(/^process_id:(\d+)/m.exec(await redis.info("server"))?.[1]);
  redis.disconnect();
  const back = performance.now() + 20_000;
  process.kill(pid, "SIGSTOP");
  try {
    await until("twenty seconds are over", async () => performance.now() > back || null);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await story.rest(issue);
  await heir.stop();

  expect(await outcomeOf(story)).toEqual(twoSteps);
  expect(await checkpoints(story, issue)).toEqual([1, 2]);
});

test.concurrent("a run whose jobs somebody removed by hand goes on, and does nothing twice", async ({
  stage,
}) => {
  const { story, issue } = await runInStepTwo(stage);
  const redis = new Redis(stage.redisUrl);
  const jobs = await redis.keys("{fixpoint}:queue:advance*");
  expect(jobs.length).toBeGreaterThan(0);
  await redis.del(...jobs);
  redis.disconnect();
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(twoSteps);
  expect(await checkpoints(story, issue)).toEqual([1, 2]);
});
