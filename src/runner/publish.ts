import { AskPerson } from "../errors.ts";
import { createBranch, moveBranch } from "../github/branch.ts";
import { type CommitFile, makeCommit, type StepCommit } from "../github/commit.ts";
import { editPull, openPull } from "../github/pull-request.ts";
import { addReviewersAndLabels } from "../github/reviewers.ts";
import { renderCommitMessage } from "../report/commit-message.ts";
import { renderPullTitle } from "../report/pull-request.ts";
import { type ChangeSet, changedBetween } from "../run/change.ts";
import { groundOf, stepsAbove } from "../run/ground.ts";
import { opKeys } from "../run/op-keys.ts";
import type { RepositoryConfig } from "../run/repository-config.ts";
import type { Run, Step } from "../run/run.ts";
import { pullBody } from "./pull-body.ts";
import { repositoryConfig } from "./repository-rules.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/**
 * Makes what the checkpoints hold visible: one verified commit for each step, the branch, the draft pull request.
 * Every write is an effect with its receipt in the log, so a run that crashed here goes on where it was.
 * In: checkpoints without a commit. Out: `run.published` with the head SHA that CI has to prove.
 */
export async function publish(turn: Turn): Promise<Progress> {
  const config = await repositoryConfig(turn.run(), turn.deps.blobs);
  const head = await publishCommits(turn, config);
  const { base, request } = turn.run();
  if (!base) throw new Error("Publishing follows triage.");
  if (head === base.sha) throw new AskPerson("step_failed", noChangeQuestion);
  await pointBranchAt(turn, head);
  const pull = await openPull(turn.github, turn.effects, {
    opKey: opKeys.openPull,
    branch: request.branch,
    base: base.branch,
    title: renderPullTitle(turn.run(), config?.commits.convention ?? "plain"),
    body: await pullBody(turn),
  });
  if (pull.state !== "open") {
    const outcome = pull.state === "merged" ? "merged" : "closed";
    await turn.record({
      kind: "run.ended",
      data: { outcome, because: `A person ${outcome} the pull request.` },
    });
    return goOn;
  }
  await editPull(turn.github, turn.effects, {
    opKey: opKeys.editPull(head),
    number: pull.number,
    body: await pullBody(turn),
  });
  await addReviewersAndLabels(turn.github, turn.effects, {
    number: pull.number,
    reviewers: config?.pullRequest.reviewers ?? [],
    labels: config?.pullRequest.labels ?? [],
  });
  await turn.record({
    kind: "run.published",
    data: { sha: head, branch: request.branch, pullNumber: pull.number, pullUrl: pull.url },
  });
  return goOn;
}

const noChangeQuestion =
  "The steps left everything as it was, so there is nothing to publish. Say more about what is wrong, then comment `/agent retry`.";

type Parents = StepCommit["parents"];

/** One commit for each step that changed something, in order, each on top of the one before. Returns the last. */
async function publishCommits(turn: Turn, config: RepositoryConfig | null): Promise<string> {
  const habits = {
    convention: config?.commits.convention ?? ("plain" as const),
    signOff: config?.commits.signOff ?? null,
  };
  const ground = groundOf(turn.run())?.sha ?? "";
  const carried = turn.run().adopted?.carried;
  // The first commit above a new tip of the base joins it with our former head.
  let parents: Parents = carried ? [carried.head, ground] : [ground];
  let before: ChangeSet = [];
  for (const step of stepsAbove(turn.run())) {
    const { checkpoint } = step;
    if (!checkpoint) break;
    if (step.kind === "update" && checkpoint.changes.length === 0)
      throw new AskPerson("conflict", nothingLeftQuestion);
    const paths = changedBetween(before, checkpoint.changes);
    if (step.commit) parents = [step.commit];
    else if (paths.length > 0) parents = [await publishCommit(turn, { step, parents, paths, habits })];
    before = checkpoint.changes;
  }
  return parents[0];
}

const nothingLeftQuestion =
  "The base branch moved, and has all that this change was about: brought together, nothing of it is left. Close the pull request if that is right; else say more about what is missing, and comment `/agent retry`.";

async function publishCommit(
  turn: Turn,
  commit: {
    step: Step;
    parents: Parents;
    paths: readonly string[];
    habits: Parameters<typeof renderCommitMessage>[2];
  },
): Promise<string> {
  const { step, parents, paths, habits } = commit;
  const { checkpoint } = step;
  if (!checkpoint) throw new Error(`Step ${step.number} has no checkpoint to publish.`);
  const made = await makeCommit(turn.github, turn.effects, {
    opKey: opKeys.commit(step.number, checkpoint.tree, parents[0]),
    ...renderCommitMessage(turn.run(), step, habits),
    parents,
    files: await filesOf(turn, paths, checkpoint.changes),
    tree: checkpoint.tree,
    branch: turn.run().request.branch,
  });
  return made.sha;
}

/** What a path is after the step; one that is no longer in the change set is again what it was below. */
async function filesOf(turn: Turn, paths: readonly string[], after: ChangeSet): Promise<CommitFile[]> {
  const now = new Map(after.map((change) => [change.path, change]));
  return Promise.all(
    paths.map(async (path): Promise<CommitFile> => {
      const change = now.get(path);
      if (change?.kind === "delete") return { kind: "delete", path };
      if (change)
        return { kind: "write", path, mode: change.mode, bytes: await turn.deps.blobs.get(change.digest) };
      return atGround(turn, path);
    }),
  );
}

async function atGround(turn: Turn, path: string): Promise<CommitFile> {
  const ground = groundOf(turn.run());
  if (!ground) throw new Error("Publishing follows triage.");
  const workspace = await turn.workspace(ground);
  await workspace.restore([], (digest) => turn.deps.blobs.get(digest));
  const file = await workspace.read(path);
  return file ? { kind: "write", path, mode: file.mode, bytes: file.bytes } : { kind: "delete", path };
}

async function pointBranchAt(turn: Turn, head: string): Promise<void> {
  const { published, request } = turn.run();
  const { branch } = request;
  const ours = commitsOf(turn.run());
  const create = () =>
    createBranch(turn.github, turn.effects, { opKey: opKeys.createBranch, branch, sha: head, ours });
  // What is published stands there, by this life of the run or by an earlier one whose log was lost.
  const from = published?.sha ?? (await create()).sha;
  if (from !== head) {
    await moveBranch(turn.github, turn.effects, { opKey: opKeys.moveBranch(head), branch, from, to: head });
  }
}

function commitsOf(run: Run): string[] {
  return run.steps.flatMap((step) => (step.commit ? [step.commit] : []));
}
