import { expect, test } from "vitest";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { until } from "../support/until.ts";

const stage = useStage({ github: { timeoutMs: 1_000, twinsAfterMs: 4_000 } });

/** The request is read and not answered, and carried out when we have given it up and made another. */
const late = { applyLaterMs: 3_000 };

const swept = (story: Story, issue: number, op: string) =>
  until("twins were looked for", async () => {
    const events = await story.events(issue);
    const found = events.find((event) => event.kind === "effect.done" && event.data.op === op);
    return found?.kind === "effect.done" ? found.data.receipt : null;
  });

test.concurrent("a comment that GitHub makes long after the time-out is deleted, and the one we know stays", async () => {
  const story = await stage().story();
  const path = new RegExp(`^/repos/${story.repository.fullName}/issues/1/comments$`);
  stage().forge.levers.fault({ method: "POST", path }, late);
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(await swept(story, issue, "comment.sweep")).toMatchObject({ twins: 1 });
  await story.quiet();
  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  expect(story.comments(issue)[0]?.body).toContain("awaiting merge");
});

test.concurrent("a check run that GitHub makes long after the time-out says that it does not count", async () => {
  const story = await stage().story();
  const path = new RegExp(`^/repos/${story.repository.fullName}/check-runs$`);
  stage().forge.levers.fault({ method: "POST", path }, late);
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(await swept(story, issue, "check_run.sweep")).toMatchObject({ twins: 1 });
  await story.quiet();
  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    checks: ["Fixpoint neutral", "Fixpoint success", "test success"],
  });
});

test.concurrent("the last word of a run that has ended has no twin either", async () => {
  const story = await stage().story();
  story.model.hang();
  const issue = await story.askForFix();
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  const path = new RegExp(`^/repos/${story.repository.fullName}/issues/1/comments$`);
  stage().forge.levers.fault({ method: "POST", path }, late);
  await story.comment(issue, "/agent stop");
  const run = await story.rest(issue);
  expect(run.status).toBe("stopped");

  expect(await swept(story, issue, "comment.sweep")).toMatchObject({ twins: 1 });
  expect((await outcomeOf(story)).onIssue).toEqual(["progress", "ended"]);
});
