import { expect, test } from "vitest";
import { onlyWords, outcomeOf } from "../support/outcome.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { tallyIssue } from "../support/tally.ts";

const stage = useStage();

const notAllowed = (login: string) =>
  `Thank you, @${login}. Only people who can write to this repository may ask me to work here; one of them can do it for you.`;

/** No run, no money, no branch: only this was said. */
async function expectOnly(story: Story, issue: number, ...said: string[]) {
  await story.quiet();
  expect(story.comments(issue)).toEqual(said.map((body) => ({ author: "fixpoint[bot]", body })));
  expect(await story.run(issue)).toBe(null);
  expect(story.model.requests).toEqual([]);
}

test.concurrent("a label of somebody without write access gets one short answer and starts nothing", async () => {
  stage().forge.createUser("tara");
  const story = await stage().story({ collaborators: { tara: "triage" } });
  const { owner, name } = story.repository;
  const tara = stage().forge.as("tara");
  const issue = await tara.openIssue(owner, name, { ...tallyIssue, labels: ["agent-fix"] });
  await expectOnly(story, issue, notAllowed("tara"));

  await tara.unlabel(owner, name, issue, "agent-fix");
  await tara.label(owner, name, issue, "agent-fix");
  await expectOnly(story, issue, notAllowed("tara"));
});

test.concurrent("an outsider's command gets one short answer and does nothing to the run", async () => {
  stage().forge.createUser("olga");
  const story = await stage().story();
  const { owner, name } = story.repository;
  const issue = await story.askForFix();
  const run = await story.rest(issue);
  await stage().forge.as("olga").comment(owner, name, issue, "/agent stop");
  await story.quiet();

  expect(story.comments(issue).slice(2)).toEqual([
    { author: "olga", body: "/agent stop" },
    { author: "fixpoint[bot]", body: notAllowed("olga") },
  ]);
  expect(await story.run(issue)).toEqual(run);
});

test.concurrent("a bot starts nothing and is not answered, whatever it may write", async () => {
  const story = await stage().story({ collaborators: { "github-actions[bot]": "write" } });
  const { owner, name } = story.repository;
  const bot = stage().forge.as("github-actions[bot]");
  const issue = await bot.openIssue(owner, name, { ...tallyIssue, labels: ["agent-fix"] });
  await bot.comment(owner, name, issue, "/agent help");
  await story.quiet();

  expect(await outcomeOf(story)).toEqual(onlyWords());
  expect(await story.run(issue)).toBe(null);
});

test.concurrent("what the App does itself starts nothing and is not answered", async () => {
  const story = await stage().story({ collaborators: { "fixpoint[bot]": "write" } });
  const { owner, name } = story.repository;
  const issue = await story.robin.openIssue(owner, name, tallyIssue);
  const self = stage().forge.as("fixpoint[bot]");
  await self.label(owner, name, issue, "agent-fix");
  await self.comment(owner, name, issue, "/agent status");
  await story.quiet();

  expect(story.comments(issue)).toEqual([{ author: "fixpoint[bot]", body: "/agent status" }]);
  expect(await story.run(issue)).toBe(null);
});

test.concurrent("another label starts nothing", async () => {
  const story = await stage().story();
  const { owner, name } = story.repository;
  const issue = await story.robin.openIssue(owner, name, tallyIssue);
  await story.robin.label(owner, name, issue, "bug");
  await expectOnly(story, issue);
});
