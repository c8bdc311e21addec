import type { Run } from "../../src/run/run.ts";
import type { Stage } from "./stage.ts";
import type { Story } from "./story.ts";

/** From now on the base branch takes only what contains its tip. */
export function beStrict(stage: Stage, { repository: { owner, name } }: Story): void {
  const parameters = {
    strict_required_status_checks_policy: true,
    required_status_checks: [{ context: "test" }],
  };
  const rules = [{ type: "required_status_checks", parameters }];
  stage.forge.settings.addRuleset(owner, name, { prefix: "main", rules });
}

/** Asks for the fix, and pushes to the base branch while the first step is at work. */
export async function moveBaseMeanwhile(
  story: Story,
  files: Record<string, string>,
): Promise<{ issue: number; tip: string }> {
  const { owner, name } = story.repository;
  story.model.setLatency(1_000);
  const issue = await story.askForFix();
  await story.runWhen(issue, "the plan is made", (run) => run.plan !== null);
  const tip = await story.robin.push(owner, name, "main", files, "Move on");
  story.model.setLatency(0);
  return { issue, tip };
}

/** The same, and what came of it. */
export async function fixWhileBaseMoves(
  story: Story,
  files: Record<string, string>,
): Promise<{ tip: string; run: Run }> {
  const { issue, tip } = await moveBaseMeanwhile(story, files);
  return { tip, run: await story.rest(issue) };
}

/** Calls for the branch to be brought up to its base, with GitHub's answers. */
export function updatesOf(stage: Stage, { repository }: Story): string[] {
  return stage.forge.requests
    .filter(({ method, path }) => method === "PUT" && path.includes(`/${repository.fullName}/`))
    .map(({ path, status }) => `${path.split("/").at(-1)} ${status}`);
}
