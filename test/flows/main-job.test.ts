import { beforeAll, describe, expect, test } from "vitest";
import type { Run } from "../../src/run/run.ts";
import { totalSpending } from "../../src/run/spending.ts";
import { formatUsd } from "../../src/run/usage.ts";
import { commitsBetween, oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendAndTell, tallyIssue } from "../support/tally.ts";

const stage = useStage();

describe("a labelled issue", () => {
  const template = "## Tested by\n\n- [ ] somebody";
  let story: Story;
  let run: Run;

  beforeAll(async () => {
    // Its check is found in package.json, as in most repositories.
    const files = { ".github/pull_request_template.md": `${template}\n`, ".github/fixpoint.yml": null };
    story = await stage().story({ script: mendAndTell, files });
    const issue = await story.askForFix();
    run = await story.rest(issue);
  });

  test("becomes one ready pull request, green on its very head", async () => {
    expect(await outcomeOf(story)).toEqual({
      ...oneReadyPull,
      commits: [
        { subject: "Add instead of subtracting", step: "1/2", verified: true },
        { subject: "Tell users", step: "2/2", verified: true },
      ],
    });
    const { pulls, refs, workflowRuns } = story.seen();
    const head = refs["refs/heads/agent/issue-1"] ?? "";
    expect(pulls[0]).toMatchObject({ title: tallyIssue.title, headSha: head, baseRef: "main" });
    expect(workflowRuns.map(({ event, headSha, conclusion }) => ({ event, headSha, conclusion }))).toEqual([
      { event: "push", headSha: head, conclusion: "success" },
    ]);
    expect(await story.file(head, "src/sum.js")).toContain("total + each");
  });

  test("stays a draft until CI has passed", () => {
    const pulls = story.deliveries("pull_request").filter((delivery) => delivery.action !== "edited");
    expect(pulls.map(({ action, payload }) => ({ action, ...draftOf(payload) }))).toEqual([
      { action: "opened", draft: true },
      { action: "ready_for_review", draft: false },
    ]);
    const [ci] = story.deliveries("workflow_run").filter((delivery) => delivery.action === "completed");
    expect(pulls[1]?.id).toBeGreaterThan(ci?.id ?? Number.POSITIVE_INFINITY);
  });

  test("is closed by the pull request, which holds the repository's template and the proof", () => {
    const body = story.seen().pulls[0]?.body ?? "";
    expect(body).toMatch(/^Fixes #1\.\n/);
    expect(body).toContain(`\n\n${template}\n\n`);
    expect(body).toContain(`CI on \`${run.published?.sha}\`: **passed** (\`test\` success).`);
  });

  test("gets a verified commit for each step, with trailers that name the run and the tree", async () => {
    const commits = await commitsBetween(story, run.base?.sha ?? "", run.published?.sha ?? "");
    expect(commits.map(({ message, author, verified }) => ({ message, author, verified }))).toEqual(
      run.steps.map((step) => ({
        author: "fixpoint[bot]",
        verified: true,
        message: [
          step.title,
          "",
          step.checkpoint?.summary,
          "",
          `Agent-Run: ${run.id}`,
          `Agent-Step: ${step.number}/2`,
          `Agent-Plan: ${run.planHash}`,
          `Agent-Tree: ${step.checkpoint?.tree}`,
        ].join("\n"),
      })),
    );
  });

  test("shows one comment that is edited in place, and calls whoever asked once", () => {
    const [progress, result] = story.comments(1);
    const cost = formatUsd(totalSpending(run).spent);
    expect(result).toEqual({
      author: "fixpoint[bot]",
      body: `@robin #2: CI is green on exactly this commit, and the pull request is ready for review. It cost ${cost}. Review the pull request, and merge it if you like it. I never merge.`,
    });
    expect(progress?.body).toContain("`████████████████████` 2 of 2 steps done");
    expect(progress?.body).not.toContain("@robin");
    const edits = story.deliveries("issue_comment").filter((delivery) => delivery.action === "edited");
    expect(edits.length).toBeGreaterThan(5);
  });

  test("is followed by the cost and by an audit trail whose digest is that of the log", async () => {
    const [cost, audit] = story.comments(2);
    expect(cost?.body.split("\n")[0]).toMatch(
      /^\*\*Cost:\*\* \$0\.\d{4} of \$2\.00 \(0\.\d %\), in 3 model calls\.$/,
    );
    expect(cost?.body).toContain(formatUsd(totalSpending(run).spent));
    const digest = /head digest `sha256:([0-9a-f]{64})`/.exec(audit?.body ?? "")?.[1];
    const told = (await story.events(1)).find((event) => event.hash === digest);
    // The cost was the last thing told before: made, and held against its text.
    expect(told).toMatchObject({
      kind: "effect.done",
      data: { op: "comment.edit", how: "adopted", opKey: expect.stringMatching(/^comment:cost:/) },
    });
  });
});

test.concurrent("the label is there as soon as the App is installed", async () => {
  const story = await stage().story();
  expect(story.seen().labels).toEqual([
    { name: "agent-fix", color: "5319e7", description: "Fixpoint plans and makes a fix for this issue" },
  ]);
});

test.concurrent("an issue that is opened with the label on it starts one run", async () => {
  const story = await stage().story();
  const { owner, name, id } = story.repository;
  const issue = await story.robin.openIssue(owner, name, { ...tallyIssue, labels: ["agent-fix"] });
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  expect(await stage().journal.runOfIssue(id, issue)).toBe(`run_${id}_1_1`);
  expect(story.model.requests.map((request) => request.place)).toEqual([
    { phase: "plan, attempt 1", index: 0 },
    { phase: "step 1, attempt 1", index: 0 },
  ]);
  const told = story.deliveries("issues");
  expect(told.map((delivery) => delivery.action)).toEqual(["opened", "labeled"]);
});

test.concurrent("the repository decides how far a run goes and what its commits look like", async () => {
  const config = [
    "version: 1",
    "autonomy: draft",
    "commits:",
    "  convention: conventional",
    "  signOff: Robin <robin@example.org>",
    "",
  ].join("\n");
  const story = await stage().story({ files: { ".github/fixpoint.yml": config } });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    pulls: [{ number: 2, state: "open", draft: true, head: "agent/issue-1" }],
    commits: [{ subject: "fix: add instead of subtracting", step: "1/1", verified: true }],
  });
  expect(run).toMatchObject({ status: "awaiting_merge", autonomy: "draft", pull: "draft" });
  const [commit] = await commitsBetween(story, run.base?.sha ?? "", run.published?.sha ?? "");
  expect(commit?.message.split("\n").at(-1)).toBe("Signed-off-by: Robin <robin@example.org>");
  expect(story.seen().pulls[0]?.title).toBe("fix: the sum of numbers is negative");
  expect(story.comments(issue)[1]?.body).toContain(
    "the pull request stays a draft, as this repository wants it",
  );
});

function draftOf(payload: unknown): { draft: boolean } {
  const { pull_request: pull } = payload as { pull_request: { draft: boolean } };
  return { draft: pull.draft };
}
