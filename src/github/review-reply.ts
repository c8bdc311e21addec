import { z } from "zod";
import { type SweepReceipt, sweepTwins } from "./comment.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { fetchReviewComments } from "./facts/review.ts";
import type { Mark } from "./marker.ts";
import { orNull } from "./pages.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const replyReceipt = z.object({ commentId: z.int().nullable(), url: z.string() });
/** `commentId` null: the thread is gone, so there is nothing left to answer */
export type ReviewReplyReceipt = z.infer<typeof replyReceipt>;

/** Exactly one answer with this mark in a thread of a review. `thread` is its first comment: GitHub takes answers to that one only. */
export function ensureReviewReply(
  repository: RepositoryGithub,
  record: EffectRecord,
  reply: { opKey: string; pullNumber: number; thread: number; mark: Mark; body: string },
): Promise<ReviewReplyReceipt> {
  const { pullNumber, thread, mark, body } = reply;
  return effect<ReviewReplyReceipt>(
    record,
    {
      opKey: reply.opKey,
      op: "review.reply",
      args: { pullNumber, thread, mark, body },
      receipt: replyReceipt,
      key: "marker",
      look: () => findReply(repository, reply),
      act: async () => {
        const markers = await repository.markers();
        const made = await orNull(
          repository.octokit.rest.pulls.createReplyForReviewComment({
            ...repository.at(),
            pull_number: pullNumber,
            comment_id: thread,
            body: markers.sign(repository.redactor().redact(body), mark),
          }),
        );
        return made ? { commentId: made.data.id, url: made.data.html_url } : { commentId: null, url: "" };
      },
    },
    repository.effects,
  );
}

/** Deletes twins of an answer in a thread. */
export function sweepReviewReplies(
  repository: RepositoryGithub,
  record: EffectRecord,
  place: { opKey: string; pullNumber: number; thread: number; mark: Mark; kept: number },
): Promise<SweepReceipt> {
  return sweepTwins(repository, record, {
    opKey: place.opKey,
    op: "review.sweep",
    kept: place.kept,
    find: () => findReplies(repository, place).then((found) => found.map((comment) => comment.id)),
    remove: (twin) =>
      orNull(repository.octokit.rest.pulls.deleteReviewComment({ ...repository.at(), comment_id: twin })),
  });
}

async function findReply(
  repository: RepositoryGithub,
  place: { pullNumber: number; thread: number; mark: Mark },
): Promise<ReviewReplyReceipt | null> {
  const [oldest] = await findReplies(repository, place);
  return oldest ? { commentId: oldest.id, url: oldest.html_url } : null;
}

async function findReplies(
  repository: RepositoryGithub,
  { pullNumber, thread, mark }: { pullNumber: number; thread: number; mark: Mark },
) {
  const markers = await repository.markers();
  const comments = await fetchReviewComments(repository, pullNumber);
  return comments.filter((comment) => {
    const read = comment.in_reply_to_id === thread ? markers.read(comment) : null;
    return read?.run === mark.run && read.op === mark.op;
  });
}
