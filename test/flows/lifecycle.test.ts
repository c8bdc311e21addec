import { expect, test } from "vitest";
import { oneReadyPull, onlyWords, outcomeOf } from "../support/outcome.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { until } from "../support/until.ts";

const stage = useStage();
const { settings, inRepository } = {
  settings: () => stage().forge.settings,
  inRepository: (story: Story) => [story.repository.owner, story.repository.name] as const,
};

/** A run in the middle of a model call that does not end by itself. */
async function runUnderWay() {
  const story = await stage().story();
  story.model.hang();
  const issue = await story.askForFix();
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  return { story, issue };
}

/** What we wrote in this repository since then. */
const written = (from: number, story: Story) =>
  stage()
    .forge.requests.slice(from)
    .filter((each) => each.actor.includes("fixpoint") && each.method !== "GET")
    .filter((each) => each.path.includes(`/${story.repository.owner}/`))
    .map((each) => `${each.method} ${each.path}`);

const ended = (story: Story, issue: number) =>
  story.runWhen(issue, "the run has ended", (run) => Boolean(run.ended));

const lastWord = (story: Story, issue: number) => story.comments(issue).at(-1)?.body;

test.concurrent("an issue that is closed stops its run, and says so", async () => {
  const { story, issue } = await runUnderWay();
  await story.robin.closeIssue(...inRepository(story), issue);
  const run = await story.rest(issue);

  expect(run.ended).toMatchObject({ outcome: "stopped", because: "The issue was closed." });
  expect(lastWord(story, issue)).toBe(
    "@robin The issue was closed. What was done so far is kept. Comment `/agent retry` for a fresh run.",
  );
  expect(await outcomeOf(story)).toEqual(onlyWords("progress", "ended"));
});

test.concurrent("a label that is taken off stops the run; one that is put on again starts another", async () => {
  const { story, issue } = await runUnderWay();
  await story.robin.unlabel(...inRepository(story), issue, "agent-fix");
  const stopped = await story.rest(issue);
  expect(stopped.ended?.because).toBe("The label was taken off the issue.");

  await story.robin.label(...inRepository(story), issue, "agent-fix");
  const second = await story.rest(issue, stopped);
  expect({ ordinal: second.request.ordinal, status: second.status }).toEqual({
    ordinal: 2,
    status: "awaiting_merge",
  });
});

test.concurrent("another label that is taken off changes nothing", async () => {
  const story = await stage().story();
  const at = inRepository(story);
  const issue = await story.robin.openIssue(...at, {
    title: "The sum of numbers is negative",
    body: "It should be 3.",
    labels: ["bug", "agent-fix"],
  });
  await story.robin.unlabel(...at, issue, "bug");
  await story.rest(issue);
  expect(await outcomeOf(story)).toEqual(oneReadyPull);
});

test.concurrent("a label that flickers five times leaves one run and one pull request", async () => {
  const story = await stage().story();
  const at = inRepository(story);
  const issue = await story.askForFix();
  for (let time = 1; time <= 5; time++) {
    await story.robin.unlabel(...at, issue, "agent-fix");
    await story.robin.label(...at, issue, "agent-fix");
  }
  await story.rest(issue);
  const seen = story.seen();
  expect({ pulls: seen.pulls.length, state: seen.pulls[0]?.state }).toEqual({ pulls: 1, state: "open" });
});

test.concurrent("an issue that is deleted stops its run without a word that has no place", async () => {
  const { story, issue } = await runUnderWay();
  settings().deleteIssue(...inRepository(story), issue);
  const run = await ended(story, issue);
  await story.quiet();

  expect(run.ended?.because).toBe("The issue was deleted.");
  expect((await story.run(issue))?.status).toBe("stopped");
});

test.concurrent("an issue that is locked stops its run", async () => {
  const { story, issue } = await runUnderWay();
  const [owner, name] = inRepository(story);
  await story.robin.request("PUT", `/repos/${owner}/${name}/issues/${issue}/lock`);
  const run = await ended(story, issue);
  await story.quiet();
  expect(run.ended?.because).toBe("The issue was locked.");
});

test.concurrent("where the issue is gone, the pull request says how the run ended, and its branch stays", async () => {
  const story = await stage().story();
  const issue = await story.askForFix();
  await story.rest(issue);
  settings().deleteIssue(...inRepository(story), issue);
  await ended(story, issue);
  await story.quiet();

  const [check] = story.seen().checkRuns.filter((each) => each.name === "Fixpoint");
  expect(check?.conclusion).toBe("cancelled");
  expect(Object.keys(story.seen().refs)).toContain("refs/heads/agent/issue-1");
});

test.concurrent.each([
  ["archived", "The repository was archived.", (at: readonly [string, string]) => settings().archive(...at)],
  [
    "taken from the App",
    "The App was removed from the repository.",
    (at: readonly [string, string]) => settings().removeRepositories(...at),
  ],
  [
    "left by the App",
    "The App was removed from the repository.",
    ([owner]: readonly [string, string]) => settings().uninstall(owner),
  ],
])("a repository that is %s ends its run, and nothing more is written", async (_, because, happen) => {
  const { story, issue } = await runUnderWay();
  const from = stage().forge.requests.length;
  happen(inRepository(story));
  const run = await ended(story, issue);

  expect(run.ended).toMatchObject({ outcome: "stopped", because });
  expect(written(from, story)).toEqual([]);
});

test.concurrent("a repository that is deleted ends its run, and nothing more is written", async () => {
  const { story, issue } = await runUnderWay();
  const from = stage().forge.requests.length;
  settings().remove(...inRepository(story));
  const run = await ended(story, issue);
  expect(run.ended?.because).toBe("The repository was deleted.");
  expect(written(from, story)).toEqual([]);
});

test.concurrent("a suspended installation parks its run, and it goes on by itself afterwards", async () => {
  const { story, issue } = await runUnderWay();
  const from = stage().forge.requests.length;
  settings().suspend(story.repository.owner);
  const parked = await story.runWhen(issue, "the run is parked", (run) => run.asked?.reason === "suspended");
  expect(parked.status).toBe("awaiting_person");
  expect(written(from, story)).toEqual([]);

  settings().unsuspend(story.repository.owner);
  await story.rest(issue);
  expect(await outcomeOf(story)).toEqual(oneReadyPull);
});

test.concurrent("a repository that is renamed is followed by its id", async () => {
  const story = await stage().story();
  const [owner, name] = inRepository(story);
  story.model.setLatency(500);
  const issue = await story.askForFix();
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  settings().rename(owner, name, "tally-two");
  await story.runWhen(issue, "the pull request is ready", (run) => run.status === "awaiting_merge");

  const seen = stage().forge.inspect(owner, "tally-two");
  await until("the result is told", async () => {
    const comments = stage()
      .forge.inspect(owner, "tally-two")
      .issues.find((each) => each.number === issue)?.comments;
    return comments?.some((each) => each.body.includes("op=result")) || null;
  });
  expect(seen.pulls.map(({ state, draft, headRef }) => ({ state, draft, headRef }))).toEqual([
    { state: "open", draft: false, headRef: "agent/issue-1" },
  ]);
});

test.concurrent("a repository that becomes private, and public again, is worked on all the same", async () => {
  const story = await stage().story();
  const [owner, name] = inRepository(story);
  story.model.setLatency(500);
  const issue = await story.askForFix();
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  settings().makePrivate(owner, name);
  await story.runWhen(issue, "the pull request is there", (run) => run.published !== null);
  settings().makePublic(owner, name);
  await story.rest(issue);
  expect(await outcomeOf(story)).toEqual(oneReadyPull);
});
