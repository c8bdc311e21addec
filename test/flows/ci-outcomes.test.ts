import { expect, test } from "vitest";
import { type Outcome, oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { job, workflow } from "../support/repository.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { until } from "../support/until.ts";

// What ends in neither green nor a repair. No story here may spend anything after the plan and its one step.
const stage = useStage();

const asksOnly: Outcome = {
  ...oneReadyPull,
  pulls: [{ number: 2, state: "open", draft: true, head: "agent/issue-1" }],
  onIssue: ["progress", "question"],
  onPull: [],
};
const question = (story: Story, issue: number) => story.comments(issue).at(-1)?.body.split("\n")[0];
const goOn = "When that is settled, comment `/agent retry` and I read CI again.";

/** The plan and the one step: what every story here costs, whatever CI says. */
const spent = async (story: Story, issue: number) => {
  const run = await story.run(issue);
  return { modelCalls: story.model.requests.length, repairs: run?.repairs.length, steps: run?.steps.length };
};
const nothingMore = { modelCalls: 2, repairs: 0, steps: 1 };

const ciRuns = (story: Story) => story.seen().workflowRuns;
const actions = (story: Story, id: number, what: string) =>
  story.robin.request("POST", `/repos/${story.repository.fullName}/actions/runs/${id}/${what}`);
const verdictOf = async (story: Story, issue: number) => (await story.run(issue))?.gate?.verdict;

test.concurrent("a CI that a person cancels is no failure of ours: a person is asked", async () => {
  const slow = { ...job("node -e 'setTimeout(() => {}, 60_000)'"), name: "wait for @ghost" };
  const story = await stage().story({
    files: { ".github/workflows/ci.yml": workflow("push", { test: slow }) },
  });
  const issue = await story.askForFix();
  const id = await until("CI is at work", async () => {
    const published = (await story.run(issue))?.published;
    const run = ciRuns(story).find((each) => each.headSha === published?.sha);
    return run?.status === "in_progress" ? run.id : null;
  });
  await actions(story, id, "cancel");
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_unclear" }, reruns: [] });
  expect(await verdictOf(story, issue)).toBe("needs_person");
  // The name of a job is text of the repository's: it calls nobody.
  expect(question(story, issue)).toBe(
    `@robin CI ended without an answer: wait for @\u200bghost is cancelled. ${goOn}`,
  );
  expect(await outcomeOf(story)).toEqual({
    ...asksOnly,
    checks: ["Fixpoint action_required", "wait for @ghost cancelled"],
  });
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("a workflow that waits for approval is said, and once a person has approved it a retry reads CI", async () => {
  stage().forge.levers.workflows.requireApproval({ workflow: "Gated" });
  const story = await stage().story({
    files: { ".github/workflows/ci.yml": workflow("push", { test: job("node test.js") }, "Gated") },
  });
  const issue = await story.askForFix();
  const asked = await story.rest(issue);

  expect(asked).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_unclear" } });
  expect(await verdictOf(story, issue)).toBe("needs_person");
  expect(question(story, issue)).toBe(
    `@robin A person has to approve the workflow run Gated in Actions. ${goOn}`,
  );
  expect(await outcomeOf(story)).toEqual({ ...asksOnly, checks: ["Fixpoint action_required"] });

  await actions(story, ciRuns(story)[0]?.id ?? 0, "approve");
  await story.comment(issue, "/agent retry");
  const ready = await story.rest(issue, asked);
  expect(ready).toMatchObject({ status: "awaiting_merge", pull: "ready" });
  expect(await outcomeOf(story)).toEqual({ ...oneReadyPull, onIssue: ["progress", "question", "result"] });
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("a test that depends on luck runs once more, and green after it is marked as flaky", async () => {
  const story = await stage().story({
    files: {
      "tools/lucky.js":
        'if (process.env.GITHUB_RUN_ATTEMPT === "1") {\n  console.error("Error: timeout of 2000ms exceeded");\n  process.exit(1);\n}\n',
      ".github/workflows/ci.yml": workflow("push", { test: job("node tools/lucky.js") }),
    },
  });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({
    status: "awaiting_merge",
    pull: "ready",
    reruns: [{ sha: run.published?.sha }],
  });
  const mark = "test was red before on this very commit, so it is flaky.";
  expect(run.gate).toMatchObject({ verdict: "passed", because: `test passed on this commit. ${mark}` });
  expect(story.seen().pulls[0]?.body).toContain(mark);
  expect(ciRuns(story).map(({ attempt, conclusion }) => ({ attempt, conclusion }))).toEqual([
    { attempt: 2, conclusion: "success" },
  ]);
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("a machine that fails twice is re-run once, and then a person is asked", async () => {
  const away = 'console.error("curl: (6) Could not resolve host: example.test");\nprocess.exit(1);\n';
  const story = await stage().story({
    files: {
      "tools/away.js": away,
      ".github/workflows/ci.yml": workflow("push", { test: job("node tools/away.js") }),
    },
  });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_unclear" } });
  expect(run.reruns).toHaveLength(1);
  expect(await verdictOf(story, issue)).toBe("infrastructure");
  expect(question(story, issue)).toBe(
    `@robin test failed on this commit, and the log speaks of the machine or the network and not of the code. I asked for the failed jobs once more already. ${goOn}`,
  );
  expect(ciRuns(story).map((each) => each.attempt)).toEqual([2]);
  expect(await outcomeOf(story)).toMatchObject({ pulls: asksOnly.pulls, onIssue: asksOnly.onIssue });
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("a base that is red already is not repaired: a person is told since which commit", async () => {
  const story = await stage().story({
    files: { ".github/workflows/ci.yml": workflow("push", { test: job("node tools/missing.js") }) },
  });
  const { owner, name } = story.repository;
  const culprit = await story.robin.push(owner, name, "main", { "NOTES.md": "Broken.\n" }, "Break it");
  const base = await story.robin.push(owner, name, "main", { "MORE.md": "Still.\n" }, "Leave it so");
  await until("CI is red on the base", async () =>
    ciRuns(story).filter((each) => each.conclusion === "failure").length === 2 ? true : null,
  );
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "base_red" }, reruns: [] });
  expect(await verdictOf(story, issue)).toBe("base_broken");
  expect(question(story, issue)).toBe(
    `@robin test failed on this commit, and on the base commit ${base.slice(0, 10)} already, before any change of mine. It is so since ${culprit.slice(0, 10)}. ${goOn}`,
  );
  expect(await outcomeOf(story)).toEqual({
    ...asksOnly,
    checks: ["Fixpoint action_required", "test failure"],
  });
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("a repository without Actions is judged by the statuses that another CI sets", async () => {
  const story = await stage().story({ files: { ".github/workflows/ci.yml": null } });
  const issue = await story.askForFix();
  const waiting = await story.runWhen(issue, "it waits for CI", (run) => run.gate?.verdict === "pending");
  expect(waiting.gate?.because).toBe("Waiting for CI to report.");
  const path = `/repos/${story.repository.fullName}/statuses/${waiting.published?.sha}`;
  await story.robin.request("POST", path, { state: "success", context: "ci/elsewhere" });
  const run = await story.rest(issue);

  expect(run.gate).toMatchObject({ verdict: "passed", because: "ci/elsewhere passed on this commit." });
  expect(await outcomeOf(story)).toEqual({ ...oneReadyPull, checks: ["Fixpoint success"] });
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("rules about merging are for people: reviews, a merge queue, signatures and required workflows stop nothing of ours", async () => {
  const story = await stage().story();
  const { owner, name } = story.repository;
  const { settings } = stage().forge;
  const required = [{ path: ".github/workflows/audit.yml", repository_id: 1 }];
  settings.addRuleset(owner, name, {
    prefix: "main",
    rules: [
      { type: "pull_request", parameters: { required_approving_review_count: 2 } },
      { type: "merge_queue" },
      { type: "required_signatures" },
      { type: "workflows", parameters: { workflows: required } },
    ],
  });
  settings.addRuleset(owner, name, { prefix: "agent/", rules: [{ type: "required_signatures" }] });
  const issue = await story.askForFix();
  await story.rest(issue);

  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  expect(await spent(story, issue)).toEqual(nothingMore);
});

test.concurrent("a required check that nobody reports is waited for, although everything else is green", async () => {
  const story = await stage().story();
  const { owner, name } = story.repository;
  const parameters = { required_status_checks: [{ context: "audit" }] };
  stage().forge.settings.addRuleset(owner, name, {
    prefix: "main",
    rules: [{ type: "required_status_checks", parameters }],
  });
  const issue = await story.askForFix();
  const waiting = await story.runWhen(issue, "only the audit is missing", (run) =>
    (run.gate?.because ?? "").includes("audit"),
  );
  expect(waiting.gate).toMatchObject({ verdict: "pending", because: "Waiting for audit." });
  expect(waiting.pull).toBe("draft");
});

test.concurrent("a rule that refuses our branch is a question in GitHub's own words, and nothing is lost", async () => {
  const story = await stage().story();
  const { owner, name } = story.repository;
  stage().forge.settings.addRuleset(owner, name, { prefix: "agent/", rules: [{ type: "creation" }] });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "permission" } });
  expect(question(story, issue)).toMatch(
    new RegExp(
      `^@robin A branch rule of ${owner}/${name} refuses the App's branch: .*creations being restricted`,
    ),
  );
  expect((await outcomeOf(story)).pulls).toEqual([]);
  expect(await spent(story, issue)).toEqual(nothingMore);
});
