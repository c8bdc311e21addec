import { beforeAll, expect, test } from "vitest";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";

const stage = useStage();

let story: Story;
let issue: number;

beforeAll(async () => {
  story = await stage().story();
  issue = await story.askForFix();
  await story.rest(issue);
});

/** What is said after this comment was written, the comment left out. */
async function answersTo(comment: string, on = issue): Promise<string[]> {
  const before = story.comments(on).length;
  await story.comment(on, comment);
  await story.quiet();
  return story
    .comments(on)
    .slice(before + 1)
    .map((each) => each.body);
}

const usages = [
  "- `/agent retry [step N] [why…]`: go on where it stopped, or do step N again; what you write after it helps",
  "- `/agent stop`: end the run; branch and pull request stay",
  "- `/agent status`: where the run is, what it cost, what it waits for",
  "- `/agent help`: this list",
].join("\n");

test("`/agent help` is answered with what is understood", async () => {
  expect(await answersTo("/agent help")).toEqual([
    `What I understand, as the first line of a new comment:\n\n${usages}`,
  ]);
});

test("`/agent status` is answered with where the run is and what it waits for", async () => {
  const answers = await answersTo("/agent status");
  expect(answers.map((answer) => answer.replace(/\$0\.\d{4}/, "$0.0000"))).toEqual([
    "**awaiting merge** · 1 of 1 steps done · $0.0000 of $2.00 spent · #2\n\nCI is green on exactly this commit, and the pull request is ready for review.\n\nReview the pull request, and merge it if you like it. I never merge.",
  ]);
});

test("a command is answered on the pull request as well", async () => {
  const [answer, ...more] = await answersTo("/agent status", 2);
  expect(answer).toMatch(/^\*\*awaiting merge\*\* · 1 of 1 steps done/);
  expect(more).toEqual([]);
});

test("an unknown command is answered with the nearest one", async () => {
  expect(await answersTo("/agent sotp")).toEqual([
    'I do not know "sotp". Did you mean `/agent stop`? It does this: end the run; branch and pull request stay.',
  ]);
});

test("an unknown command that is like none is answered with all of them", async () => {
  expect(await answersTo("/agent make me a sandwich")).toEqual([
    `I do not know "make me a sandwich". What I understand, as the first line of a new comment:\n\n${usages}`,
  ]);
});

test.each([
  ["in a quote", "> /agent stop"],
  ["in a code fence", "```\n/agent stop\n```"],
  ["in code", "`/agent stop`"],
  ["in indented code", "    /agent stop"],
  ["after the first line", "Please do this:\n/agent stop"],
])("a command %s does nothing", async (_, comment) => {
  const before = await story.run(issue);
  expect(await answersTo(comment)).toEqual([]);
  expect(await story.run(issue)).toEqual(before);
});

test("a comment that is edited into a command does nothing", async () => {
  const { owner, name } = story.repository;
  const before = await story.run(issue);
  const id = await story.comment(issue, "Looks good to me.");
  const comments = story.comments(issue).length;
  await story.robin.editComment(owner, name, id, "/agent stop");
  await story.quiet();
  expect(story.comments(issue).length).toBe(comments);
  expect(await story.run(issue)).toEqual(before);
});

test("a command on an issue without a run is answered with how to start one", async () => {
  const { owner, name } = story.repository;
  const other = await story.robin.openIssue(owner, name, { title: "Another one", body: "" });
  expect(await answersTo("/agent stop", other)).toEqual([
    "There is no run here yet. Put the label `agent-fix` on the issue to start one.",
  ]);
});
