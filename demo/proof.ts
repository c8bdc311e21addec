import { isDeepStrictEqual } from "node:util";
import type { CarriedOut } from "./carry-out.ts";

/** What the forge itself says about the outcome: facts that hold, and what does not. */
export interface Proof {
  pullRequest: string;
  facts: readonly string[];
  problems: readonly string[];
}

/** Asks the forge, not Fixpoint: one branch, one pull request, ready, its checks green on exactly its head, no step done twice. */
export async function provedOnForge({ stage, run, events }: CarriedOut): Promise<Proof> {
  const { owner, name } = stage.repository;
  await stage.forge.settled();
  const seen = await stage.forge.inspect(owner, name);
  const facts: string[] = [];
  const problems: string[] = [];
  const expect = (holds: boolean, fact: string, problem: string) =>
    holds ? facts.push(fact) : problems.push(problem);

  const [pull, ...others] = seen.pulls;
  const branches = Object.keys(seen.refs).filter((ref) => ref.startsWith("refs/heads/agent/"));
  expect(
    branches.length === 1,
    `one branch: ${branches[0]}`,
    `${branches.length} branches: ${branches.join(", ")}`,
  );
  expect(
    pull !== undefined && others.length === 0,
    `one pull request: #${pull?.number}`,
    `${seen.pulls.length} pull requests`,
  );
  expect(pull?.draft === false, "it is ready for review", "it is a draft");
  expect(
    pull?.headSha === run.published?.sha,
    `its head is ${pull?.headSha}`,
    `its head is ${pull?.headSha}, and not ${run.published?.sha}`,
  );

  const checks = seen.checkRuns.filter(
    (check) => check.headSha === pull?.headSha && check.name !== "Fixpoint",
  );
  const list = checks.map((check) => `${check.name} ${check.conclusion ?? check.status}`).join(", ");
  const green =
    checks.some((check) => check.conclusion === "success") &&
    checks.every((check) => check.conclusion !== "failure" && check.status === "completed");
  expect(
    green,
    `CI is green on exactly that commit: ${list}`,
    `CI is not green on that commit: ${list || "nothing reported"}`,
  );

  const progress = seen.issues
    .filter((issue) => issue.kind === "issue")
    .flatMap((issue) => issue.comments.filter((comment) => comment.body.startsWith("**Fixpoint**")));
  expect(
    progress.length === 1,
    "one progress comment on the issue",
    `${progress.length} progress comments on the issue`,
  );
  const done = events.flatMap((event) => (event.kind === "step.checkpointed" ? [event.data.step] : []));
  expect(
    isDeepStrictEqual(done, [...new Set(done)]),
    `each of ${done.length} steps was done once`,
    `steps were repeated after their checkpoint: ${done.join(", ")}`,
  );
  const asked = events.flatMap((event) =>
    event.kind === "model.settled" && event.data.answerDigest ? [event.data.requestDigest] : [],
  );
  expect(
    new Set(asked).size === asked.length,
    `none of ${asked.length} model calls was paid twice`,
    "a model call was paid twice",
  );
  return { pullRequest: run.published?.pullUrl ?? "none", facts, problems };
}
