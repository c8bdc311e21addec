import { expect, test } from "vitest";
import { totalSpending } from "../../src/run/spending.ts";
import { oneReadyPull, onlyWords, outcomeOf } from "../support/outcome.ts";
import { call, writeScript } from "../support/script.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendAndTell, mendStep, mendTally, tellStep } from "../support/tally.ts";
import { until } from "../support/until.ts";

const stage = useStage();

/** What the model was asked and answered, in order. */
const answered = (story: Story) =>
  story.model.requests
    .filter((request) => request.answered?.status === 200)
    .map((request) => request.place?.phase);

const lastWord = (story: Story, issue: number) => story.comments(issue).at(-1)?.body;

const twoSteps = {
  ...oneReadyPull,
  commits: [
    { subject: "Add instead of subtracting", step: "1/2", verified: true },
    { subject: "Tell users", step: "2/2", verified: true },
  ],
  onIssue: ["progress", "question", "result"],
};

test.concurrent("`/agent stop` ends a run in the middle of a test, and nothing is published after it", async () => {
  const slow = 'test("waits", () => new Promise((resolve) => setTimeout(resolve, 60_000)));\n';
  const script = writeScript({
    steps: [
      {
        ...mendStep,
        attempts: [
          [
            [
              call.edit("src/sum.js", "total - each", "total + each"),
              call.edit("test/sum.test.js", 'test("adds up"', `${slow}test("adds up"`, "test"),
            ],
          ],
        ],
      },
    ],
  });
  const story = await stage().story({ script });
  const issue = await story.askForFix();
  await until("the first edit is made", async () => {
    const events = await story.events(issue);
    return events.some((event) => event.kind === "tool.called" && event.data.name === "edit_file") || null;
  });
  await story.comment(issue, "/agent stop");
  const run = await story.rest(issue);

  expect(run.ended).toMatchObject({ outcome: "stopped", because: "robin asked to stop." });
  expect(await outcomeOf(story)).toEqual(onlyWords("progress", "ended"));
  expect(lastWord(story, issue)).toBe(
    "@robin robin asked to stop. What was done so far is kept. Comment `/agent retry` for a fresh run.",
  );
});

test.concurrent("`/agent stop` ends a run in the middle of a model call, and a later label starts a second run", async () => {
  const story = await stage().story();
  const { owner, name, id } = story.repository;
  story.model.hang();
  const issue = await story.askForFix();
  await story.runWhen(issue, "the model is asked", (run) => Object.keys(run.openCalls).length === 1);
  await story.comment(issue, "/agent stop");
  const stopped = await story.rest(issue);
  expect(stopped.status).toBe("stopped");

  await story.robin.unlabel(owner, name, issue, "agent-fix");
  await story.robin.label(owner, name, issue, "agent-fix");
  const second = await story.rest(issue, stopped);
  expect({ id: second.id, status: second.status }).toEqual({
    id: `run_${id}_1_2`,
    status: "awaiting_merge",
  });
  expect(await outcomeOf(story)).toEqual({
    ...oneReadyPull,
    branches: ["agent/issue-1-2"],
    pulls: [{ number: 2, state: "open", draft: false, head: "agent/issue-1-2" }],
    onIssue: ["progress", "ended", "progress", "result"],
  });
});

test.concurrent("`/agent stop` twice while the branch is made ends the run, and no pull request is opened after it", async () => {
  const { forge } = stage();
  const story = await stage().story({ script: mendTally });
  const making = { method: "POST", path: new RegExp(`^/repos/${story.repository.fullName}/git/refs$`) };
  forge.levers.fault(making, { delayMs: 4_000 });
  const issue = await story.askForFix();
  await until("GitHub is asked for the branch", async () => {
    return forge.requests.some(({ method, path }) => method === "POST" && making.path.test(path)) || null;
  });
  await story.comment(issue, "/agent stop");
  await story.comment(issue, "/agent stop");
  const run = await story.rest(issue);

  expect(run.status).toBe("stopped");
  const opened = forge.requests.filter(
    ({ method, path }) => method === "POST" && path === `/repos/${story.repository.fullName}/pulls`,
  );
  expect({ opened, pulls: story.seen().pulls }).toEqual({ opened: [], pulls: [] });
  expect(Object.keys(story.seen().refs)).toContain("refs/heads/agent/issue-1");
});

test.concurrent("a refused key stops the run with the reason, and `/agent retry` goes on without repeating a step", async () => {
  const story = await stage().story({ script: mendAndTell });
  story.model.failNext({ status: 401, phase: "step 2, attempt 1" });
  const issue = await story.askForFix();
  const asked = await story.rest(issue);

  expect(asked).toMatchObject({ status: "awaiting_person", asked: { reason: "model_unavailable" } });
  expect(lastWord(story, issue)).toContain(
    "@robin The model endpoint refused the API key. Set a valid key in the configuration of Fixpoint. Then comment `/agent retry`, and I go on from here.",
  );
  expect(await outcomeOf(story)).toEqual(onlyWords("progress", "question"));

  await story.comment(issue, "/agent retry");
  await story.rest(issue, asked);
  expect(await outcomeOf(story)).toEqual(twoSteps);
  expect(answered(story)).toEqual(["plan, attempt 1", "step 1, attempt 1", "step 2, attempt 1"]);
});

test.concurrent("an endpoint that is down stops the run after some patience, and `/agent retry` continues it", async () => {
  const story = await stage().story();
  story.model.failNext({ status: 503, phase: "plan, attempt 1", times: 4 });
  const issue = await story.askForFix();
  const asked = await story.rest(issue);

  expect(lastWord(story, issue)).toContain(
    "@robin The model endpoint answered with status 503. Then comment `/agent retry`, and I go on from here.",
  );
  await story.comment(issue, "/agent retry");
  await story.rest(issue, asked);
  expect(await outcomeOf(story)).toEqual({ ...oneReadyPull, onIssue: twoSteps.onIssue });
  expect(answered(story)).toEqual(["plan, attempt 1", "step 1, attempt 1"]);
});

test.concurrent("a step that fails too often asks, and a retry with a hint tells the model", async () => {
  const wrong = [[call.edit("src/sum.js", "total - each", "each"), call.finish("It is different now.")]];
  const script = writeScript({
    steps: [{ ...mendStep, attempts: [wrong, wrong, wrong, mendStep.attempts[0] ?? []] }, tellStep],
  });
  const story = await stage().story({ script });
  const issue = await story.askForFix();
  const asked = await story.rest(issue);
  expect(asked.asked?.reason).toBe("step_failed");
  expect(lastWord(story, issue)).toContain(
    "- Add instead of subtracting, attempt 3: The check `test` failed with exit code 1.",
  );

  await story.comment(issue, "/agent retry Numbers should be added up.");
  await story.rest(issue, asked);
  expect(await outcomeOf(story)).toEqual(twoSteps);
  const retry = story.model.requests.find((request) => request.place?.phase === "step 1, attempt 4");
  expect(retry?.raw).toContain("A person says: Numbers should be added up.");
});

test.concurrent("a cap that is too small for a call asks before the call is made", async () => {
  const config = "version: 1\nlimits:\n  budgetUsd: 0.05\n";
  const story = await stage().story({ files: { ".github/fixpoint.yml": config } });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(lastWord(story, issue)).toMatch(
    /^@robin The next model call may cost up to \$0\.08\d\d; \$0\.00 of \$0\.0500 is spent\. I stop before spending more than was allowed\./,
  );
  expect(story.model.requests).toEqual([]);
  expect(totalSpending(run)).toMatchObject({ calls: 0, spent: 0, reserved: 0 });
  expect(await outcomeOf(story)).toEqual(onlyWords("progress", "question"));
});

test.concurrent("a cap is never passed by what is spent on the way", async () => {
  const [first = { text: "" }] = mendTally.phases["plan, attempt 1"] ?? [];
  const usage = { input: 20_000, cached: 0, output: 4_000 };
  const script = { ...mendTally, phases: { ...mendTally.phases, "plan, attempt 1": [{ ...first, usage }] } };
  const config = "version: 1\nlimits:\n  budgetUsd: 0.14\n";
  const story = await stage().story({ files: { ".github/fixpoint.yml": config }, script });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run.asked?.reason).toBe("budget");
  expect(totalSpending(run)).toMatchObject({ calls: 1, spent: 65_000_000, reserved: 0 });
  expect(answered(story)).toEqual(["plan, attempt 1"]);
  expect(await outcomeOf(story)).toEqual(onlyWords("progress", "question"));
});
