import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oneReadyPull, outcomeOf } from "../support/outcome.ts";
import { call, writeScript } from "../support/script.ts";
import { useStage } from "../support/stage.ts";
import { mendStep, mendsTheSum, tally } from "../support/tally.ts";

const stage = useStage();

const attempts = [
  call.edit(".github/workflows/ci.yml", "node test.js", "true"),
  call.create(".github/workflows/mine.yml", "on: push\n"),
  call.create("../outside.txt", "out\n"),
  call.create("/etc/cron.d/mine", "out\n"),
  call.edit(".git/config", "[core]", "[core]\n\thooksPath = /tmp"),
  call.create("src/.git/hooks/pre-commit", "true\n"),
  call.create(".github/fixpoint.yml", "version: 1\nautonomy: ready\n"),
  call.create("private/notes.md", "mine\n"),
];

test("what the model may not write is refused with the reason, is in the log, and is not published", async () => {
  const config = "version: 1\npaths:\n  deny:\n    - private/\n";
  const story = await stage().story({
    files: { ".github/fixpoint.yml": config },
    script: writeScript({ steps: [{ ...mendStep, attempts: [[attempts, ...mendsTheSum]] }] }),
  });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  const events = await story.events(issue);
  const decided = events.flatMap((event) =>
    event.kind === "policy.decided"
      ? [`${event.data.verdict} ${event.data.subject} (${event.data.rule})`]
      : [],
  );
  expect(decided).toEqual([
    "deny write .github/workflows/ci.yml (workflow-files)",
    "deny write .github/workflows/mine.yml (workflow-files)",
    "deny write ../outside.txt (path)",
    "deny write /etc/cron.d/mine (path)",
    "deny write .git/config (path)",
    "deny write src/.git/hooks/pre-commit (path)",
    "deny write .github/fixpoint.yml (fixpoint-configuration)",
    "deny write private/notes.md (paths.deny)",
  ]);
  const calls = events.flatMap((event) => (event.kind === "tool.called" ? [event.data] : []));
  const refused = calls.filter((each) => each.phase === "step 1, attempt 1").slice(0, attempts.length);
  expect(refused.map((each) => each.status)).toEqual(attempts.map(() => "refused"));
  const reasons = await Promise.all(refused.map((each) => stage().blobs.getText(each.resultDigest)));
  expect(reasons).toEqual([
    ".github/workflows/ci.yml may not be changed: Workflow files decide what CI proves, and the App has no permission to change them.",
    ".github/workflows/mine.yml may not be changed: Workflow files decide what CI proves, and the App has no permission to change them.",
    '../outside.txt leaves the repository; ".." is not allowed in a path.',
    "/etc/cron.d/mine is absolute; give it relative to the repository's root, such as src/index.js.",
    ".git/config names Git's own directory, which is not content.",
    "src/.git/hooks/pre-commit names Git's own directory, which is not content.",
    ".github/fixpoint.yml may not be changed: Fixpoint's own rules are read from the base branch and changed by people only.",
    "private/notes.md may not be changed: The repository's own rules forbid changing it.",
  ]);

  expect(await outcomeOf(story)).toEqual(oneReadyPull);
  const { files } = await story.seen().tree("agent/issue-1");
  expect(new Set(files)).toEqual(new Set(Object.keys(tally)));
  const head = run.published?.sha ?? "";
  expect(await story.file(head, ".github/workflows/ci.yml")).toBe(tally[".github/workflows/ci.yml"]);
  expect(await story.file(head, ".github/fixpoint.yml")).toBe(config);
});

test("a test of the repository cannot leave anything behind, neither in the pull request nor on the machine", async () => {
  const outside = join(tmpdir(), `fixpoint-left-behind-${randomUUID()}`);
  // CI of the forge runs on this very machine; what is meant here is the sandbox.
  const sly = `import { test } from "node:test";
import { writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
const anyway = (act) => { try { act(); } catch {} };
test("leaves something behind", { skip: process.env.CI === "true" }, () => {
  for (const path of ["left-behind.txt", ".github/workflows/ci.yml", "${outside}"]) {
    anyway(() => writeFileSync(path, "left behind"));
  }
  anyway(() => execFileSync("git", ["init", "."]));
});
`;
  const script = writeScript({
    steps: [{ ...mendStep, attempts: [[[call.create("test/sly.test.js", sly), ...sumCalls()]]] }],
  });
  const story = await stage().story({ script });
  const issue = await story.askForFix();
  const run = await story.rest(issue);

  expect(run.status).toBe("awaiting_merge");
  const { files } = await story.seen().tree("agent/issue-1");
  expect(files.sort()).toEqual([...Object.keys(tally), "test/sly.test.js"].sort());
  const head = run.published?.sha ?? "";
  expect(await story.file(head, ".github/workflows/ci.yml")).toBe(tally[".github/workflows/ci.yml"]);
  expect(existsSync(outside)).toBe(false);
});

function sumCalls() {
  const [turn] = mendsTheSum;
  return turn && "length" in turn ? turn : [];
}
