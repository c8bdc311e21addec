import { expect, test } from "vitest";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { call, writeScript } from "../support/script.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendStep } from "../support/tally.ts";

const stage = useStage();

const tellsUsers = [
  [call.read("CHANGELOG.md")],
  [
    call.edit("CHANGELOG.md", "# Changes", "# Changes\n\n- Sums are positive.", "test"),
    call.finish("The changelog tells of it."),
  ],
];
const revised = writeScript({ steps: [mendStep], revisions: [tellsUsers] });
const branch = "agent/issue-1";

async function readyPull(
  script = revised,
): Promise<{ story: Story; issue: number; ready: Awaited<ReturnType<Story["rest"]>> }> {
  const story = await stage().story({ script });
  const issue = await story.askForFix();
  return { story, issue, ready: await story.rest(issue) };
}

const head = (story: Story) => story.seen().refs[`refs/heads/${branch}`];

test.concurrent("what a person pushes is never overwritten: the run asks, and after a retry goes on from there", async () => {
  const { story, issue, ready } = await readyPull();
  const { owner, name } = story.repository;
  const pushed = await story.robin.push(owner, name, branch, { "NOTES.md": "By hand.\n" }, "Add notes");
  const asked = await story.rest(issue, ready);

  expect(asked).toMatchObject({ status: "awaiting_person", asked: { reason: "conflict" } });
  expect(story.comments(issue).at(-1)?.body).toMatch(
    new RegExp(`^@robin robin pushed to \`${branch}\`, which stands at ${pushed.slice(0, 10)} now\\.`),
  );
  expect(head(story)).toBe(pushed);

  await story.comment(2, "/agent retry");
  const went = await story.rest(issue, asked);
  expect(went).toMatchObject({ status: "awaiting_merge", published: { sha: pushed }, pull: "ready" });

  await story.robin.review(owner, name, 2, { event: "REQUEST_CHANGES", body: "Tell users as well." });
  const done = await story.rest(issue, went);
  expect(done.status).toBe("awaiting_merge");
  expect((await outcomeOf(story)).commits.map((commit) => commit.subject)).toEqual([
    "Add instead of subtracting",
    "Add notes",
    "Address the review by robin",
  ]);
  expect(await story.file(branch, "NOTES.md")).toBe("By hand.\n");
  expect(await story.file(branch, "src/sum.js")).toContain("total + each");
});

test.concurrent("a push in the middle of a revision is found when that is published, and stays, however often one retries", async () => {
  const { story, issue, ready } = await readyPull();
  const { owner, name } = story.repository;
  story.model.setLatency(1_000);
  await story.robin.review(owner, name, 2, { event: "REQUEST_CHANGES", body: "Tell users as well." });
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  const pushed = await story.robin.push(owner, name, branch, { "NOTES.md": "By hand.\n" }, "Add notes");
  const asked = await story.rest(issue, ready);
  expect(asked).toMatchObject({
    status: "awaiting_person",
    asked: { reason: "conflict", resumeAt: "publish" },
  });

  await story.comment(2, "/agent retry");
  const again = await story.rest(issue, asked);
  expect(again).toMatchObject({
    status: "awaiting_person",
    asked: { reason: "conflict", resumeAt: "publish" },
  });
  expect(head(story)).toBe(pushed);
});

test.concurrent("a person who makes it a draft is respected: it is not made ready again", async () => {
  const { story, issue, ready } = await readyPull();
  const { owner, name } = story.repository;
  await story.robin.convertToDraft(owner, name, 2);
  await story.runWhen(issue, "the run knows", (run) => run.heldAsDraftBy === "robin");
  await story.robin.review(owner, name, 2, { event: "REQUEST_CHANGES", body: "Tell users as well." });
  const done = await story.rest(issue, ready);

  expect(done).toMatchObject({ status: "awaiting_merge", pull: "draft", heldAsDraftBy: "robin" });
  expect(await outcomeOf(story)).toMatchObject({
    pulls: [{ number: 2, state: "open", draft: true, head: branch }],
  });
  expect(story.comments(issue).at(-1)?.body).toContain(
    "the pull request stays a draft, because robin made it one.",
  );

  await story.robin.readyForReview(owner, name, 2);
  await story.runWhen(issue, "the run knows", (run) => run.pull === "ready");
  await story.quiet();
  expect((await outcomeOf(story)).pulls).toEqual(oneReadyPull.pulls);
});

test.concurrent("a person's title and text stay; only our own part of the text is brought up to date", async () => {
  const { story, issue, ready } = await readyPull();
  const { owner, name } = story.repository;
  const before = story.seen().pulls[0]?.body ?? "";
  await story.robin.request("PATCH", `/repos/${owner}/${name}/pulls/2`, {
    title: "Sums are sums",
    body: before.replace("Fixes #1.", "Fixes #1, as discussed with the team."),
  });
  await story.robin.review(owner, name, 2, { event: "REQUEST_CHANGES", body: "Tell users as well." });
  await story.rest(issue, ready);

  const pull = story.seen().pulls[0];
  expect(pull?.title).toBe("Sums are sums");
  expect(pull?.body).toMatch(/^Fixes #1, as discussed with the team\.\n/);
  expect(pull?.body).toContain("| 2 | Address the review by robin |");
});
