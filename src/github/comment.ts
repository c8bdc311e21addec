import { z } from "zod";
import { type EffectRecord, effect } from "./effect.ts";
import type { Mark } from "./marker.ts";
import { allPages, orNull } from "./pages.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const commentReceipt = z.object({ commentId: z.int(), url: z.string() });
export type CommentReceipt = z.infer<typeof commentReceipt>;

const editReceipt = z.object({ commentId: z.int(), state: z.enum(["edited", "gone"]) });
export type EditReceipt = z.infer<typeof editReceipt>;

/**
 * Exactly one comment with this mark on an issue or pull request. `since`: when the run (or the conversation) began, so that the
 * search over all pages stays short; an ISO time. A body that is too long is shortened.
 */
export function ensureComment(
  repository: RepositoryGithub,
  record: EffectRecord,
  comment: {
    opKey: string;
    issueNumber: number;
    mark: Mark;
    body: string;
    since: string;
  },
): Promise<CommentReceipt> {
  const look = async (): Promise<CommentReceipt | null> => {
    const [oldest] = await findComments(repository, comment);
    return oldest ?? null;
  };
  return effect<CommentReceipt>(
    record,
    {
      opKey: comment.opKey,
      op: "comment.create",
      args: { issueNumber: comment.issueNumber, mark: comment.mark, body: comment.body },
      receipt: commentReceipt,
      key: "marker",
      look,
      act: async () => {
        const { data } = await repository.octokit.rest.issues.createComment({
          ...repository.at(),
          issue_number: comment.issueNumber,
          body: await outbound(repository, comment.body, comment.mark),
        });
        return { commentId: data.id, url: data.html_url };
      },
    },
    repository.effects,
  );
}

/** The same comment with another text; nothing is sent when it says so already. `gone`: somebody deleted it, which is respected. */
export function editComment(
  repository: RepositoryGithub,
  record: EffectRecord,
  edit: { opKey: string; commentId: number; mark: Mark; body: string },
): Promise<EditReceipt> {
  const address = () => ({ ...repository.at(), comment_id: edit.commentId });
  return effect<EditReceipt>(
    record,
    {
      opKey: edit.opKey,
      op: "comment.edit",
      args: { commentId: edit.commentId, body: edit.body },
      receipt: editReceipt,
      key: "server",
      look: async () => {
        const found = await orNull(repository.octokit.rest.issues.getComment(address()));
        if (!found) return { commentId: edit.commentId, state: "gone" };
        const wanted = await outbound(repository, edit.body, edit.mark);
        return isSameText(found.data.body, wanted) ? { commentId: edit.commentId, state: "edited" } : null;
      },
      act: async () => {
        const body = await outbound(repository, edit.body, edit.mark);
        const done = await orNull(repository.octokit.rest.issues.updateComment({ ...address(), body }));
        return { commentId: edit.commentId, state: done ? "edited" : "gone" };
      },
    },
    repository.effects,
  );
}

/**
 * Comments of ours with this mark, oldest first, over all pages. The list of one issue is the right place to look:
 * GitHub's search lags by seconds, and a look at the first page alone loses the comment once there are more than a hundred.
 */
async function findComments(
  repository: RepositoryGithub,
  place: { issueNumber: number; mark: Mark; since: string },
): Promise<CommentReceipt[]> {
  const markers = await repository.markers();
  const comments = await allPages(async (page) => {
    const { data, headers } = await repository.octokit.rest.issues.listComments({
      ...repository.at(),
      issue_number: place.issueNumber,
      since: place.since,
      ...page,
    });
    return { items: data, link: headers.link };
  });
  return comments
    .filter((comment) => {
      const mark = markers.read(comment);
      return mark?.run === place.mark.run && mark.op === place.mark.op;
    })
    .map((comment) => ({ commentId: comment.id, url: comment.html_url }))
    .sort((a, b) => a.commentId - b.commentId);
}

const sweepReceipt = z.object({ kept: z.int(), twins: z.int() });
export type SweepReceipt = z.infer<typeof sweepReceipt>;

/**
 * Deletes twins of a comment: a call that GitHub carried out long after we had given it up. Asked a while after a doubtful write.
 * `kept` is the one that the receipt names.
 */
export function sweepComments(
  repository: RepositoryGithub,
  record: EffectRecord,
  place: { opKey: string; issueNumber: number; mark: Mark; since: string; kept: number },
): Promise<SweepReceipt> {
  return sweepTwins(repository, record, {
    opKey: place.opKey,
    op: "comment.sweep",
    kept: place.kept,
    find: async () => (await findComments(repository, place)).map((comment) => comment.commentId),
    remove: (twin) =>
      orNull(repository.octokit.rest.issues.deleteComment({ ...repository.at(), comment_id: twin })),
  });
}

/** Finds all that carry a mark and removes every one but `kept`. Doing it again does nothing more. */
export function sweepTwins(
  repository: RepositoryGithub,
  record: EffectRecord,
  sweep: {
    opKey: string;
    op: string;
    kept: number;
    find(): Promise<readonly number[]>;
    remove(id: number): Promise<unknown>;
  },
): Promise<SweepReceipt> {
  const { kept } = sweep;
  const twins = async () => (await sweep.find()).filter((id) => id !== kept);
  return effect<SweepReceipt>(
    record,
    {
      opKey: sweep.opKey,
      op: sweep.op,
      args: { kept },
      receipt: sweepReceipt,
      key: "server",
      look: async () => ((await twins()).length === 0 ? { kept, twins: 0 } : null),
      act: async () => {
        const found = await twins();
        for (const twin of found) {
          record.check();
          await sweep.remove(twin);
        }
        return { kept, twins: found.length };
      },
    },
    repository.effects,
  );
}

async function outbound(repository: RepositoryGithub, body: string, mark: Mark): Promise<string> {
  const markers = await repository.markers();
  // Redacted before it is signed and compared: the client does it again on the way out, and then changes nothing.
  return markers.sign(repository.redactor().redact(body), mark);
}

/** GitHub may hand out `\r\n` and drop blank ends. */
export function isSameText(found: string | null | undefined, wanted: string): boolean {
  const plain = (text: string) => text.replace(/\r\n/g, "\n").trim();
  return plain(found ?? "") === plain(wanted);
}
