import { expect, test } from "vitest";
import { job, workflow } from "../support/repository.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";

const stage = useStage({ gate: { neverReportedAfterMs: 3_000 } });

/** A test that only CI runs, and that fails. */
const red = {
  "tools/ci.js": 'import assert from "node:assert/strict";\nassert.equal(1, 2);\n',
  ".github/workflows/ci.yml": workflow("push", { test: job("node tools/ci.js") }),
  ".github/fixpoint.yml": "version: 1\nlimits:\n  repairs: 0\n",
};

const ourCheck = (story: Story) => {
  const [check] = story.seen().checkRuns.filter((run) => run.name === "Fixpoint");
  if (!check) throw new Error("There is no check run of ours.");
  return check;
};

async function pressIn(story: Story, button: string): Promise<void> {
  const { owner, name } = story.repository;
  await story.robin.requestAction(owner, name, ourCheck(story).id, button);
}

test.concurrent("Stop on the check run ends the run, and Retry begins a fresh one", async () => {
  const story = await stage().story();
  const issue = await story.askForFix();
  const ready = await story.rest(issue);
  expect(ourCheck(story)).toMatchObject({ conclusion: "success", actions: ["stop"] });
  await pressIn(story, "stop");
  const stopped = await story.rest(issue, ready);
  expect(stopped.ended).toMatchObject({ outcome: "stopped", because: "robin asked to stop." });
  expect(ourCheck(story)).toMatchObject({ conclusion: "cancelled", actions: ["retry"] });

  await pressIn(story, "retry");
  const again = await story.rest(issue, stopped);
  expect({ id: again.id, status: again.status }).toEqual({
    id: `run_${story.repository.id}_1_2`,
    status: "awaiting_merge",
  });
});

test.concurrent("Retry on the check run answers the question, and a failing line is marked beside the code", async () => {
  const story = await stage().story({ files: red });
  const { owner, name } = story.repository;
  const issue = await story.askForFix();
  const asked = await story.rest(issue);
  expect(asked.asked?.reason).toBe("ci_red");
  expect(ourCheck(story)).toMatchObject({
    conclusion: "action_required",
    actions: ["retry", "stop"],
    annotations: 1,
  });
  const path = `/repos/${owner}/${name}/check-runs/${ourCheck(story).id}/annotations`;
  expect(await story.robin.request("GET", path)).toMatchObject([
    { path: "tools/ci.js", start_line: 2, annotation_level: "failure" },
  ]);

  await pressIn(story, "retry");
  const again = await story.rest(issue, asked);
  expect(again.asked?.reason).toBe("ci_red");
  expect(ourCheck(story).annotations).toBe(1);
});

test.concurrent("a button pressed by somebody who may not write does nothing", async () => {
  const story = await stage().story();
  const { owner, name } = story.repository;
  const issue = await story.askForFix();
  const ready = await story.rest(issue);
  stage().forge.createUser("olga");
  const olga = stage().forge.as("olga");
  await expect(olga.requestAction(owner, name, ourCheck(story).id, "stop")).rejects.toThrow();
  await story.quiet();
  expect(await story.run(issue)).toEqual(ready);
});
