import { isDeepStrictEqual } from "node:util";
import type { Run } from "../src/run/run.ts";
import type { CarriedOut } from "./carry-out.ts";

/** What the forge itself says about the outcome: facts that hold, and what does not. */
export interface Proof {
  facts: readonly string[];
  problems: readonly string[];
}

type Snapshot = ReturnType<CarriedOut["stage"]["forge"]["inspect"]>;
type Expect = (holds: boolean, fact: string, problem: string) => void;

/** Asks the forge, not Fixpoint: one branch, one pull request, ready, its checks green on exactly its head, no step done twice. */
export async function provedOnForge({ stage, run, events }: CarriedOut): Promise<Proof> {
  const { owner, name } = stage.repository;
  await stage.forge.settled();
  const seen = stage.forge.inspect(owner, name);
  const facts: string[] = [];
  const problems: string[] = [];
  const expect: Expect = (holds, fact, problem) => (holds ? facts.push(fact) : problems.push(problem));

  const branches = Object.keys(seen.refs).filter((ref) => ref.startsWith("refs/heads/agent/"));
  expect(
    branches.length === 1,
    `one branch: ${branches[0]}`,
    branches.length === 0 ? "no branch" : `${branches.length} branches: ${branches.join(", ")}`,
  );
  const [pull, ...others] = seen.pulls;
  expect(
    pull !== undefined && others.length === 0,
    `one pull request: #${pull?.number}`,
    pull ? `${seen.pulls.length} pull requests` : "no pull request",
  );
  if (pull) provePull(pull, seen, run, expect);

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
  return { facts, problems };
}

function provePull(pull: Snapshot["pulls"][number], seen: Snapshot, run: Run, expect: Expect): void {
  const { headSha, draft } = pull;
  const published = run.published?.sha ?? "nothing";
  expect(!draft, "it is ready for review", "it is a draft");
  expect(headSha === published, `its head is ${headSha}`, `its head is ${headSha}, and not ${published}`);
  const checks = seen.checkRuns.filter((check) => check.headSha === headSha && check.name !== "Fixpoint");
  const ends = checks.map((check) => `${check.name} ${check.conclusion ?? check.status}`);
  const list = [...new Set(ends)]
    .map((end) => `${end}${times(ends.filter((other) => other === end).length)}`)
    .join(", ");
  const green =
    checks.some((check) => check.conclusion === "success") &&
    checks.every((check) => check.conclusion !== "failure" && check.status === "completed");
  expect(
    green,
    `CI is green on exactly that commit: ${list}`,
    `CI is not green on that commit: ${list || "nothing reported"}`,
  );
}

/** A workflow that runs for the push and for the pull request reports the same name twice. */
function times(count: number): string {
  return count > 1 ? ` (${count} times)` : "";
}
