import { z } from "zod";
import { type EffectRecord, effect } from "./effect.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const reactionReceipt = z.object({ reactionId: z.int() });

/** What a reaction is put on: the issue or pull request itself, one of its comments, or a comment of a review. */
export type Reactable =
  | { kind: "issue"; number: number }
  | { kind: "comment"; commentId: number }
  | { kind: "review_comment"; commentId: number };

/** 👀: "seen it". GitHub keeps one reaction of a kind for each account, so a second call changes nothing and notifies nobody. */
export function addEyes(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; on: Reactable },
): Promise<{ reactionId: number }> {
  return effect<{ reactionId: number }>(
    record,
    {
      opKey: wish.opKey,
      op: "reaction.add",
      args: wish.on,
      receipt: reactionReceipt,
      key: "server",
      // To call again is to look: the answer is the reaction that is there.
      look: () => Promise.resolve(null),
      act: async () => ({ reactionId: await react(repository, wish.on) }),
    },
    repository.effects,
  );
}

async function react(repository: RepositoryGithub, on: Reactable): Promise<number> {
  const { reactions } = repository.octokit.rest;
  const common = { ...repository.at(), content: "eyes" } as const;
  switch (on.kind) {
    case "issue":
      return (await reactions.createForIssue({ ...common, issue_number: on.number })).data.id;
    case "comment":
      return (await reactions.createForIssueComment({ ...common, comment_id: on.commentId })).data.id;
    case "review_comment":
      return (await reactions.createForPullRequestReviewComment({ ...common, comment_id: on.commentId })).data
        .id;
    default:
      return on satisfies never;
  }
}
