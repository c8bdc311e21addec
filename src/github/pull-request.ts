import { z } from "zod";
import { withinText } from "../report/own-block.ts";
import { readAnswer } from "./answer.ts";
import { isSameText } from "./comment.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { findPulls, type PullFacts, pullFacts } from "./facts/pull.ts";
import { shortenBody } from "./marker.ts";
import { LONGEST_TITLE, mustFetch, TITLE_PREFIX } from "./pull-stage.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const pullReceipt = z.object({
  number: z.int(),
  nodeId: z.string(),
  url: z.string(),
  headSha: z.string(),
  /** `titled_draft`: the repository has no drafts (private, on a free plan), so the title says it */
  as: z.enum(["draft", "titled_draft", "ready"]),
  /** `closed` and `merged`: a person did that before us, and it is respected */
  state: z.enum(["open", "closed", "merged"]),
});
export type PullReceipt = z.infer<typeof pullReceipt>;

const editedReceipt = z.object({ number: z.int(), edited: z.literal(true) });
const LONGEST_BODY = 65_536;

/** The pull request of a branch: GitHub allows one open one for each head and base, so the branch is the key. */
export function openPull(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; branch: string; base: string; title: string; body: string },
): Promise<PullReceipt> {
  const look = async (): Promise<PullReceipt | null> => {
    const pulls = (await findPulls(repository, wish.branch)).filter((pull) => pull.base === wish.base);
    const best = pulls.find((pull) => pull.state === "open") ?? pulls[0];
    return best ? receiptOf(best) : null;
  };
  const create = async (title: string, draft: boolean): Promise<PullReceipt> => {
    const { data } = await repository.octokit.rest.pulls.create({
      ...repository.at(),
      head: wish.branch,
      base: wish.base,
      title: title.slice(0, LONGEST_TITLE),
      body: outboundBody(repository, wish.body),
      draft,
      maintainer_can_modify: false,
    });
    return receiptOf(pullFacts(data));
  };
  return effect<PullReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: "pull.open",
      args: { branch: wish.branch, base: wish.base, title: wish.title, body: wish.body },
      receipt: pullReceipt,
      key: "server",
      look,
      act: async () => {
        try {
          return await create(wish.title, true);
        } catch (error) {
          const answer = readAnswer(error, repository.effects.now());
          if (answer?.kind !== "refused" || !/draft/i.test(answer.message)) throw error;
          return await create(TITLE_PREFIX + wish.title, false);
        }
      },
    },
    repository.effects,
  );
}

/**
 * Title and body, sent only when they differ. Of the body only our own block is replaced, since people edit it too; a title that only says
 * "[draft]" on top keeps saying it.
 */
export function editPull(
  repository: RepositoryGithub,
  record: EffectRecord,
  edit: { opKey: string; number: number; title?: string; body?: string },
): Promise<{ number: number; edited: true }> {
  const done = { number: edit.number, edited: true } as const;
  const wanted = (pull: PullFacts) => ({
    title:
      edit.title === undefined
        ? pull.title
        : withStageOf(pull.title, repository.redactor().redact(edit.title)),
    body: edit.body === undefined ? pull.body : bodyWithin(repository, pull.body, edit.body),
  });
  return effect<{ number: number; edited: true }>(
    record,
    {
      opKey: edit.opKey,
      op: "pull.edit",
      args: { number: edit.number, title: edit.title ?? null, body: edit.body ?? null },
      receipt: editedReceipt,
      key: "server",
      look: async () => {
        const pull = await mustFetch(repository, edit.number);
        const text = wanted(pull);
        return pull.title === text.title && isSameText(pull.body, text.body) ? done : null;
      },
      act: async () => {
        const text = wanted(await mustFetch(repository, edit.number));
        await repository.octokit.rest.pulls.update({ ...repository.at(), pull_number: edit.number, ...text });
        return done;
      },
    },
    repository.effects,
  );
}

function receiptOf(pull: PullFacts): PullReceipt {
  const titled = pull.title.startsWith(TITLE_PREFIX) ? "titled_draft" : "ready";
  return {
    number: pull.number,
    nodeId: pull.nodeId,
    url: pull.url,
    headSha: pull.headSha,
    as: pull.draft ? "draft" : titled,
    state: pull.state,
  };
}

function withStageOf(current: string, title: string): string {
  return (current.startsWith(TITLE_PREFIX) ? TITLE_PREFIX + title : title).slice(0, LONGEST_TITLE);
}

/** What people wrote is never cut to make room for ours: where both do not fit, the text stays as it is. */
function bodyWithin(repository: RepositoryGithub, current: string, wanted: string): string {
  const body = withinText(current, outboundBody(repository, wanted));
  return body.length > LONGEST_BODY ? current : body;
}

function outboundBody(repository: RepositoryGithub, body: string): string {
  return shortenBody(repository.redactor().redact(body), LONGEST_BODY);
}
