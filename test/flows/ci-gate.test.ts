import { expect, test } from "vitest";
import { type Outcome, oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { mendsTheChangelog, onlyInCi } from "../support/red-ci.ts";
import { job, workflow } from "../support/repository.ts";
import { call, writeScript } from "../support/script.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendStep } from "../support/tally.ts";

// Long enough for a busy machine to start a workflow, short enough to wait for.
const stage = useStage({ gate: { neverReportedAfterMs: 5_000 } });

const draft: Outcome["pulls"] = [{ number: 2, state: "open", draft: true, head: "agent/issue-1" }];
const question = (story: Story, issue: number) => story.comments(issue).at(-1)?.body.split("\n")[0];

const stages = (story: Story) =>
  story
    .deliveries("pull_request")
    .map((delivery) => delivery.action)
    .filter((action) => action !== "edited");

/** A workflow that spares drafts, as many do. */
const onlyWhenReady = (work: object, name = "test") =>
  workflow(
    { pull_request: { types: ["opened", "synchronize", "ready_for_review"] } },
    { [name]: { ...work, if: "!github.event.pull_request.draft" } },
    name,
  );

test.concurrent("all checks skipped is not green: the pull request stays a draft, and a person is asked", async () => {
  const skipped = { ...job("node test.js"), if: "false" };
  const story = await stage().story({
    files: { ".github/workflows/ci.yml": workflow("push", { test: skipped }) },
  });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_unclear" } });
  expect(question(story, issue)).toBe(
    "@robin Every check was skipped, which proves nothing. When that is settled, comment `/agent retry` and I read CI again.",
  );
  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    pulls: draft,
    onIssue: ["progress", "question"],
    onPull: [],
    checks: ["Fixpoint action_required", "test skipped"],
  });
});

test.concurrent("a CI that never reports is not waited for without end: a person is asked", async () => {
  const story = await stage().story({ files: { ".github/workflows/ci.yml": null } });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_never_reported" } });
  expect(question(story, issue)).toBe(
    "@robin No check ever reported on this commit. Check that a workflow runs on pull requests of this repository, then comment `/agent retry`.",
  );
  expect(await outcomeOf(story)).toMatchObject({ pulls: draft, checks: ["Fixpoint action_required"] });
});

test.concurrent("a check that starts when the draft becomes ready is waited for", async () => {
  const story = await stage().story({
    files: { ".github/workflows/review.yml": onlyWhenReady(job("node test.js"), "review") },
  });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_merge", pull: "ready", ciStartsWhenReady: true });
  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    checks: ["Fixpoint success", "review skipped", "review success", "test success"],
  });
});

test.concurrent("a CI that does nothing for drafts is given its pull request ready, and has the last word", async () => {
  const story = await stage().story({
    files: { ".github/workflows/ci.yml": onlyWhenReady(job("node test.js")) },
  });
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(stages(story)).toEqual(["opened", "ready_for_review"]);
  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    checks: ["Fixpoint success", "test skipped", "test success"],
  });
});

test.concurrent("a CI that does nothing even then gets its draft back, and a person is asked", async () => {
  const never = { ...job("node test.js"), if: "github.actor == 'nobody'" };
  const on = { pull_request: { types: ["opened", "ready_for_review"] } };
  const story = await stage().story({ files: { ".github/workflows/ci.yml": workflow(on, { test: never }) } });
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(stages(story)).toEqual(["opened", "ready_for_review", "converted_to_draft"]);
  expect(question(story, issue)).toMatch(/^@robin Every check was skipped, which proves nothing\./);
  expect(await outcomeOf(story)).toMatchObject({ pulls: draft, onIssue: ["progress", "question"] });
});

test.concurrent("red after the draft became ready puts it back to draft, and its log becomes a repair", async () => {
  const onReview = { ...job("node tools/changelog.js"), if: "!github.event.pull_request.draft" };
  const story = await stage().story({
    files: {
      "tools/changelog.js": onlyInCi["tools/changelog.js"],
      ".github/workflows/review.yml": workflow(
        { pull_request: { types: ["ready_for_review"] } },
        { review: onReview },
        "Review",
      ),
    },
    script: writeScript({ steps: [mendStep], repairs: [mendsTheChangelog] }),
  });
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(stages(story)).toEqual([
    "opened",
    "ready_for_review",
    "converted_to_draft",
    "synchronize",
    "ready_for_review",
  ]);
  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    commits: [
      { subject: "Add instead of subtracting", step: "1/1", verified: true },
      { subject: "Repair what CI found (1)", step: "2/2", verified: true },
    ],
    checks: ["Fixpoint success", "review success", "test success"],
  });
});

test.concurrent("a red CI gives its log to a repair step, and the same pull request becomes green", async () => {
  const script = writeScript({ steps: [mendStep], repairs: [mendsTheChangelog] });
  const story = await stage().story({ files: onlyInCi, script });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    commits: [
      { subject: "Add instead of subtracting", step: "1/1", verified: true },
      { subject: "Repair what CI found (1)", step: "2/2", verified: true },
    ],
  });
  const repair = story.model.requests.find((request) => request.place?.phase === "repair 1, attempt 1");
  expect(repair?.raw).toContain("Error: CHANGELOG.md does not speak of the sum");
  expect(repair?.raw).toContain(
    "`test` runs `node tools/changelog.js`, which did not run here; here `node test.js` passed.",
  );
  expect(run.repairs.length).toBe(1);
  // One on each head; the former one is closed, with no button left on it.
  const ours = story.seen().checkRuns.filter((check) => check.name === "Fixpoint");
  expect(ours.map(({ conclusion, actions }) => ({ conclusion, actions }))).toEqual([
    { conclusion: "neutral", actions: [] },
    { conclusion: "success", actions: ["stop"] },
  ]);
  // Once for each head: nothing was forced, and the first head was red.
  expect(story.seen().workflowRuns.map((ci) => ci.conclusion)).toEqual(["failure", "success"]);
});

test.concurrent("the same failure after a repair is not tried again: a person gets the evidence", async () => {
  const inVain = [[call.create("NOTES.md", "Nothing.\n", "test"), call.finish("A note was added.")]];
  const script = writeScript({ steps: [mendStep], repairs: [inVain, inVain] });
  const story = await stage().story({ files: onlyInCi, script });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_red" } });
  expect(run.repairs.length).toBe(1);
  expect(story.comments(issue).at(-1)?.body).toContain("Error: CHANGELOG.md does not speak of the sum");
  const differs =
    "`test` runs `node tools/changelog.js`, which did not run here; here `node test.js` passed.";
  expect(story.comments(issue).at(-1)?.body).toContain(`\n- ${differs}`);
  expect(story.seen().pulls[0]?.body).toContain(
    `What CI does differently from the sandbox, as its workflow files say:\n\n- ${differs}\n`,
  );
  expect(await outcomeOf(story)).toMatchObject({ pulls: draft, onIssue: ["progress", "question"] });
});

test.concurrent.each([
  ["merged", (story: Story) => story.robin.mergePull(story.repository.owner, "tally", 2)],
  ["closed", (story: Story) => story.robin.closePull(story.repository.owner, "tally", 2)],
] as const)("a pull request that is %s ends the run so", async (outcome, act) => {
  const story = await stage().story();
  const issue = await story.askForFix();
  const waiting = await story.rest(issue);
  await act(story);
  const run = await story.rest(issue, waiting);

  expect(run.ended?.outcome).toBe(outcome);
  expect(story.comments(issue)[0]?.body).toMatch(new RegExp(`^\\*\\*Fixpoint\\*\\* · ${outcome} · `));
  expect((await outcomeOf(story)).onIssue).toEqual(["progress", "result"]);
});
