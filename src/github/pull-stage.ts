import { z } from "zod";
import { readAnswer } from "./answer.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { type PullFacts, pullFacts } from "./facts/pull.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const stageReceipt = z.object({ number: z.int(), stage: z.enum(["draft", "ready"]) });
export type StageReceipt = z.infer<typeof stageReceipt>;

/** Says "draft" in repositories that have no drafts (private ones on a free plan). */
export const TITLE_PREFIX = "[draft] ";
export const LONGEST_TITLE = 256;

/** Marks the pull request as ready for review; when its title only said "[draft]", takes that away. */
export function markReady(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; number: number },
): Promise<StageReceipt> {
  return setStage(repository, record, { ...wish, stage: "ready" });
}

/** Puts it back to draft: red after all. Where the repository has no drafts, the title says it. */
export function convertToDraft(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; number: number },
): Promise<StageReceipt> {
  return setStage(repository, record, { ...wish, stage: "draft" });
}

function setStage(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; number: number; stage: "draft" | "ready" },
): Promise<StageReceipt> {
  const done = { number: wish.number, stage: wish.stage };
  return effect<StageReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: `pull.mark_${wish.stage}`,
      args: { number: wish.number, stage: wish.stage },
      receipt: stageReceipt,
      key: "server",
      look: async () => ((await stageOf(repository, wish.number)) === wish.stage ? done : null),
      act: async () => {
        const pull = await mustFetch(repository, wish.number);
        if (wish.stage === "ready") await makeReady(repository, pull);
        else await makeDraft(repository, pull);
        return done;
      },
    },
    repository.effects,
  );
}

async function stageOf(repository: RepositoryGithub, number: number): Promise<"draft" | "ready"> {
  const pull = await mustFetch(repository, number);
  return pull.draft || pull.title.startsWith(TITLE_PREFIX) ? "draft" : "ready";
}

async function makeReady(repository: RepositoryGithub, pull: PullFacts): Promise<void> {
  if (pull.title.startsWith(TITLE_PREFIX))
    await retitle(repository, pull, pull.title.slice(TITLE_PREFIX.length));
  if (!pull.draft) return;
  await repository.octokit.graphql(
    "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
    { id: pull.nodeId },
  );
}

async function makeDraft(repository: RepositoryGithub, pull: PullFacts): Promise<void> {
  try {
    await repository.octokit.graphql(
      "mutation($id: ID!) { convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
      { id: pull.nodeId },
    );
  } catch (error) {
    const answer = readAnswer(error, repository.effects.now());
    if (answer?.kind !== "refused" || !/draft/i.test(answer.message)) throw error;
    await retitle(repository, pull, TITLE_PREFIX + pull.title);
  }
}

async function retitle(repository: RepositoryGithub, pull: PullFacts, title: string): Promise<void> {
  await repository.octokit.rest.pulls.update({
    ...repository.at(),
    pull_number: pull.number,
    title: title.slice(0, LONGEST_TITLE),
  });
}

/** The pull request, which must be there: GitHub's 404 is thrown, so that `effect` asks again while it is new, and then a person. */
export async function mustFetch(repository: RepositoryGithub, number: number): Promise<PullFacts> {
  const { data } = await repository.octokit.rest.pulls.get({ ...repository.at(), pull_number: number });
  return pullFacts(data);
}
