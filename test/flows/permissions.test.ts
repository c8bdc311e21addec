import { afterEach, expect, test } from "vitest";
import { oneReadyPull, onlyWords, outcomeOf } from "../support/outcome.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

afterEach(() => stage().forge.levers.clear());

const all = {
  actions: "write",
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "read",
} as const;

test.concurrent.each([
  ["checks", "read", '"checks: write"'],
  ["contents", "read", '"contents: write"'],
  ["pull_requests", "read", '"pull_requests: write"'],
] as const)(
  "an installation with %s: %s only is asked to grant more before anything is spent",
  async (name, level, named) => {
    const story = await stage().story({ permissions: { ...all, [name]: level } });
    const issue = await story.askForFix();
    const run = await story.rest(issue);

    expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "permission" } });
    expect(story.comments(issue).at(-1)?.body).toContain(
      `@robin The App's installation has not granted ${named}. Accept the permissions at `,
    );
    expect(await outcomeOf(story)).toEqual(onlyWords("progress", "question"));
    expect(story.model.requests).toEqual([]);
  },
);

test("a permission that is taken away in the middle is asked for by its name, and a retry goes on", async () => {
  const story = await stage().story();
  const path = new RegExp(`^/repos/${story.repository.fullName}/check-runs$`);
  const headers = { "x-accepted-github-permissions": "checks=write" };
  const body = { message: "Resource not accessible by integration" };
  const times = Number.POSITIVE_INFINITY;
  stage().forge.levers.fault({ method: "POST", path, times }, { status: 403, headers, body });
  const issue = await story.askForFix();
  const asked = await story.rest(issue);

  expect(asked).toMatchObject({ status: "awaiting_person", asked: { reason: "permission" } });
  expect(story.comments(issue).at(-1)?.body).toContain(
    `@robin The App lacks the permission "Checks: write" in ${story.repository.fullName}.`,
  );
  stage().forge.levers.clear();
  await story.comment(issue, "/agent retry");
  await story.rest(issue, asked);
  expect(await outcomeOf(story)).toEqual({ ...oneReadyPull, onIssue: ["progress", "question", "result"] });
});
