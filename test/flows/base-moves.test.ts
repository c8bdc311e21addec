import { expect, test } from "vitest";
import { beStrict, fixWhileBaseMoves, updatesOf } from "../support/moving-base.ts";
import { commitsBetween, type Outcome, oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { call, type Turn, writeScript } from "../support/script.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendStep, tellStep } from "../support/tally.ts";

const stage = useStage();
const branch = "agent/issue-1";

/** The outcome, with the commits of steps alone: where a base moved, its own commits are among those of the branch. */
async function ownOutcomeOf(story: Story): Promise<Outcome> {
  const outcome = await outcomeOf(story);
  return { ...outcome, commits: outcome.commits.filter(({ step }) => step !== "none") };
}

const headOf = (story: Story) => story.seen().refs[`refs/heads/${branch}`] ?? "";

async function parentsOf(story: Story, sha: string): Promise<string[]> {
  const commit = await story.robin.request("GET", `/repos/${story.repository.fullName}/git/commits/${sha}`);
  return (commit as { parents: { sha: string }[] }).parents.map((parent) => parent.sha);
}

test.concurrent("a branch that is behind a strict base is brought up to it, and CI proves the new head", async () => {
  const story = await stage().story();
  beStrict(stage(), story);
  const { tip, run } = await fixWhileBaseMoves(story, { "NOTES.md": "By hand.\n" });
  const head = headOf(story);

  expect(run).toMatchObject({
    status: "awaiting_merge",
    pull: "ready",
    published: { sha: head },
    gate: { sha: head, verdict: "passed" },
    base: { sha: tip },
    baseUpdates: 1,
  });
  const ours = run.steps[0]?.commit ?? "";
  expect(await parentsOf(story, head)).toEqual([ours, tip]);
  expect(updatesOf(stage(), story)).toEqual(["update-branch 202"]);
  expect(await story.file(branch, "NOTES.md")).toBe("By hand.\n");
  expect(await ownOutcomeOf(story)).toEqual(oneReadyPull);
  expect(
    (await commitsBetween(story, tip, head)).map(({ author, verified }) => [author, verified]),
  ).toContainEqual(["fixpoint[bot]", true]);
});

test.concurrent("a base that moves and fits is left alone where nothing wants branches up to date", async () => {
  const story = await stage().story();
  const { run, tip } = await fixWhileBaseMoves(story, { "NOTES.md": "By hand.\n" });

  expect(run).toMatchObject({ status: "awaiting_merge", pull: "ready", baseUpdates: 0 });
  expect(run.base?.sha).not.toBe(tip);
  expect(updatesOf(stage(), story)).toEqual([]);
  expect(await ownOutcomeOf(story)).toEqual(oneReadyPull);
  const met = (await story.events(1)).flatMap((event) => (event.kind === "base.met" ? [event.data] : []));
  expect(met.at(-1)).toEqual({ sha: headOf(story), baseSha: tip, standing: "behind" });
});

const sumWith = (name: string, operator: string) =>
  `  return numbers.reduce((${name}, each) => ${name} ${operator} each, 0);\n`;
const renamed = `export function sum(numbers) {\n${sumWith("all", "-")}}\n`;
const clash = `<<<<<<< this change\n${sumWith("total", "+")}=======\n${sumWith("all", "-")}>>>>>>> the base branch\n`;

test.concurrent("a conflict becomes one step, whose commit joins both sides, and goes on to green and ready", async () => {
  const settles: readonly Turn[] = [
    [
      call.edit("src/sum.js", clash, sumWith("all", "+"), "test"),
      call.finish("Numbers are added, under the base's new name."),
    ],
  ];
  const story = await stage().story({ script: writeScript({ steps: [mendStep], updates: [[settles]] }) });
  const { tip, run } = await fixWhileBaseMoves(story, { "src/sum.js": renamed, "NOTES.md": "By hand.\n" });
  const head = headOf(story);
  const [mended, joined] = run.steps;

  expect(run).toMatchObject({ status: "awaiting_merge", pull: "ready", published: { sha: head } });
  expect([joined?.kind, joined?.title, joined?.commit]).toEqual([
    "update",
    "Bring the change up to main",
    head,
  ]);
  expect(await parentsOf(story, head)).toEqual([mended?.commit, tip]);
  expect(await story.file(branch, "src/sum.js")).toBe(renamed.replace("all - each", "all + each"));
  expect(await story.file(branch, "test/sum.test.js")).toContain("sum([1, 2]), 3)");
  expect(await story.file(branch, "NOTES.md")).toBe("By hand.\n");
  expect(await ownOutcomeOf(story)).toEqual({
    ...oneReadyPull,
    commits: [
      { subject: "Add instead of subtracting", step: "1/1", verified: true },
      { subject: "Bring the change up to main", step: "2/2", verified: true },
    ],
  });
  const asked = story.model.requests.find((request) => request.place?.phase === "update 1, attempt 1");
  expect(asked?.raw).toContain("src/sum.js: both sides changed the same lines");
});

test.concurrent("a conflict that is not settled becomes a question that names the files, and the branch stays as it was", async () => {
  const leavesMarkers: readonly Turn[] = [[call.check("test"), call.finish("All is well.")]];
  const updates = [[leavesMarkers, leavesMarkers, leavesMarkers]];
  const story = await stage().story({ script: writeScript({ steps: [mendStep, tellStep], updates }) });
  const { run } = await fixWhileBaseMoves(story, { "CHANGELOG.md": "# Changes\n\n- By hand.\n" });

  expect(run).toMatchObject({
    status: "awaiting_person",
    asked: { reason: "conflict", resumeAt: "execute" },
    published: { sha: headOf(story) },
    pull: "draft",
  });
  const question = story.comments(1).at(-1)?.body ?? "";
  expect(question).toContain("attempts did not bring both together.");
  expect(question).toContain("- `CHANGELOG.md` clashes");
  expect(question).toContain("Conflict markers were left in CHANGELOG.md.");
  const draft: Outcome["pulls"] = [{ number: 2, state: "open", draft: true, head: branch }];
  expect(await outcomeOf(story)).toMatchObject({ pulls: draft, onIssue: ["progress", "question"] });
});
