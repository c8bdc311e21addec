import type { Answer } from "./call.ts";
import { asFields } from "./fields.ts";
import { readCommit, writeCommit } from "./git/commits.ts";
import type { TreeChange } from "./git/object-store.ts";
import { writeBlob, writeTree } from "./git/objects.ts";
import { moveRef, readRef } from "./git/refs.ts";
import { hasRole } from "./permissions.ts";
import type { Account } from "./records/account.ts";
import type { Repository } from "./records/repository.ts";
import { needsAdminRights, notFound } from "./refusal.ts";
import type { Router } from "./router.ts";
import { emailOf } from "./shapes/commit.ts";
import { isPull } from "./shapes/pull.ts";
import { findRepository } from "./state.ts";
import { emitCheckRun } from "./verbs/check.ts";
import { setDraft } from "./verbs/pull.ts";
import { refChanged } from "./verbs/ref.ts";
import type { World } from "./world.ts";

type ReviewWanted = {
  event: "APPROVE" | "REQUEST_CHANGES" | "COMMENT";
  body?: string;
  comments?: { path: string; line: number; body: string }[];
};

/** A human at GitHub's own pages. Everything goes through the API's routes, so permissions hold and webhooks fire. */
export type Person = {
  readonly login: string;
  readonly id: number;
  /** a personal access token, for git and the API */
  readonly token: string;
  /** any REST call as this person; a refusal is thrown */
  request: (method: string, path: string, body?: Record<string, unknown>) => Promise<unknown>;
  openIssue: (
    owner: string,
    repo: string,
    issue: { title: string; body?: string; labels?: string[] },
  ) => Promise<number>;
  editIssue: (
    owner: string,
    repo: string,
    number: number,
    change: { title?: string; body?: string },
  ) => Promise<void>;
  closeIssue: (owner: string, repo: string, number: number) => Promise<void>;
  reopenIssue: (owner: string, repo: string, number: number) => Promise<void>;
  label: (owner: string, repo: string, number: number, ...labels: string[]) => Promise<void>;
  unlabel: (owner: string, repo: string, number: number, label: string) => Promise<void>;
  comment: (owner: string, repo: string, number: number, body: string) => Promise<number>;
  editComment: (owner: string, repo: string, id: number, body: string) => Promise<void>;
  deleteComment: (owner: string, repo: string, id: number) => Promise<void>;
  openPull: (
    owner: string,
    repo: string,
    pull: { head: string; base: string; title: string; body?: string; draft?: boolean },
  ) => Promise<number>;
  review: (owner: string, repo: string, number: number, review: ReviewWanted) => Promise<number>;
  /** a comment on a line outside a review, or with `inReplyTo` an answer to one */
  reviewComment: (
    owner: string,
    repo: string,
    number: number,
    comment: { body: string; path?: string; line?: number; inReplyTo?: number },
  ) => Promise<number>;
  closePull: (owner: string, repo: string, number: number) => Promise<void>;
  reopenPull: (owner: string, repo: string, number: number) => Promise<void>;
  mergePull: (owner: string, repo: string, number: number, method?: "merge" | "squash") => Promise<string>;
  readyForReview: (owner: string, repo: string, number: number) => Promise<void>;
  convertToDraft: (owner: string, repo: string, number: number) => Promise<void>;
  /** presses a button of a check run */
  requestAction: (owner: string, repo: string, checkRunId: number, identifier: string) => Promise<void>;
  rerequestCheckRun: (owner: string, repo: string, checkRunId: number) => Promise<void>;
  /** commits files to a branch, `null` deletes one; the branch is made from the default branch when it is new */
  push: (
    owner: string,
    repo: string,
    branch: string,
    files: Record<string, string | null>,
    message?: string,
  ) => Promise<string>;
  deleteBranch: (owner: string, repo: string, branch: string) => Promise<void>;
};

export function createPerson(world: World, route: Router, account: Account, token: string): Person {
  async function request(method: string, path: string, body: Record<string, unknown> = {}): Promise<unknown> {
    const url = new URL(path, "http://forge");
    const answer: Answer = await route({
      world,
      actor: { kind: "person", account },
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: {},
      body,
      params: {},
    });
    return answer.body;
  }
  const at = (owner: string, repo: string, rest: string) => `/repos/${owner}/${repo}${rest}`;
  const idOf = (value: unknown) => Number(asFields(value)["id"]);
  const numberOf = (value: unknown) => Number(asFields(value)["number"]);
  const repositoryOf = (owner: string, repo: string): Repository => {
    const repository = findRepository(world.state, owner, repo);
    if (repository === null) throw notFound();
    return repository;
  };
  const pullOf = (owner: string, repo: string, number: number) => {
    const repository = repositoryOf(owner, repo);
    const issue = repository.issues.get(number);
    if (issue === undefined || !isPull(issue)) throw notFound();
    if (issue.author !== account && !hasRole(repository, account, "write")) throw needsAdminRights();
    return { repository, issue };
  };
  const patch = async (path: string, body: Record<string, unknown>) => {
    await request("PATCH", path, body);
  };

  return {
    login: account.login,
    id: account.id,
    token,
    request,
    openIssue: async (owner, repo, issue) =>
      numberOf(await request("POST", at(owner, repo, "/issues"), issue)),
    editIssue: (owner, repo, number, change) => patch(at(owner, repo, `/issues/${number}`), change),
    closeIssue: (owner, repo, number) => patch(at(owner, repo, `/issues/${number}`), { state: "closed" }),
    reopenIssue: (owner, repo, number) => patch(at(owner, repo, `/issues/${number}`), { state: "open" }),
    label: async (owner, repo, number, ...labels) => {
      await request("POST", at(owner, repo, `/issues/${number}/labels`), { labels });
    },
    unlabel: async (owner, repo, number, label) => {
      await request("DELETE", at(owner, repo, `/issues/${number}/labels/${encodeURIComponent(label)}`));
    },
    comment: async (owner, repo, number, body) =>
      idOf(await request("POST", at(owner, repo, `/issues/${number}/comments`), { body })),
    editComment: (owner, repo, id, body) => patch(at(owner, repo, `/issues/comments/${id}`), { body }),
    deleteComment: async (owner, repo, id) => {
      await request("DELETE", at(owner, repo, `/issues/comments/${id}`));
    },
    openPull: async (owner, repo, pull) => numberOf(await request("POST", at(owner, repo, "/pulls"), pull)),
    review: async (owner, repo, number, review) =>
      idOf(await request("POST", at(owner, repo, `/pulls/${number}/reviews`), review)),
    reviewComment: async (owner, repo, number, { inReplyTo, ...comment }) => {
      const body = inReplyTo === undefined ? comment : { ...comment, in_reply_to: inReplyTo };
      return idOf(await request("POST", at(owner, repo, `/pulls/${number}/comments`), body));
    },
    closePull: (owner, repo, number) => patch(at(owner, repo, `/pulls/${number}`), { state: "closed" }),
    reopenPull: (owner, repo, number) => patch(at(owner, repo, `/pulls/${number}`), { state: "open" }),
    mergePull: async (owner, repo, number, method = "merge") => {
      const merged = await request("PUT", at(owner, repo, `/pulls/${number}/merge`), {
        merge_method: method,
      });
      return String(asFields(merged)["sha"]);
    },
    readyForReview: async (owner, repo, number) => {
      const { repository, issue } = pullOf(owner, repo, number);
      await setDraft(world, repository, issue, false, account);
    },
    convertToDraft: async (owner, repo, number) => {
      const { repository, issue } = pullOf(owner, repo, number);
      await setDraft(world, repository, issue, true, account);
    },
    requestAction: async (owner, repo, checkRunId, identifier) => {
      const repository = repositoryOf(owner, repo);
      const run = repository.checkRuns.find((one) => one.id === checkRunId);
      if (run === undefined || !run.actions.some((action) => action.identifier === identifier))
        throw notFound();
      if (!hasRole(repository, account, "write")) throw needsAdminRights();
      emitCheckRun(world, repository, run, "requested_action", account, { requested_action: { identifier } });
    },
    rerequestCheckRun: async (owner, repo, checkRunId) => {
      await request("POST", at(owner, repo, `/check-runs/${checkRunId}/rerequest`));
    },
    push: async (owner, repo, branch, files, message = "Update files") => {
      const repository = repositoryOf(owner, repo);
      if (!hasRole(repository, account, "write")) throw needsAdminRights();
      return world.exclusive(repository, () =>
        commitFiles(world, repository, account, branch, files, message),
      );
    },
    deleteBranch: async (owner, repo, branch) => {
      await request("DELETE", at(owner, repo, `/git/refs/heads/${encodeURIComponent(branch)}`));
    },
  };
}

async function commitFiles(
  world: World,
  repository: Repository,
  account: Account,
  branch: string,
  files: Record<string, string | null>,
  message: string,
): Promise<string> {
  const { gitDir } = repository;
  const ref = `refs/heads/${branch}`;
  const before = await readRef(gitDir, ref);
  const parent = before ?? (await readRef(gitDir, `refs/heads/${repository.defaultBranch}`));
  const changes = await Promise.all(
    Object.entries(files).map(
      async ([path, content]): Promise<TreeChange> => ({
        path,
        mode: "100644",
        sha: content === null ? null : await writeBlob(gitDir, Buffer.from(content)),
      }),
    ),
  );
  const base = parent === null ? null : (await readCommit(gitDir, parent.sha)).tree;
  const who = { name: account.login, email: emailOf(account), at: world.now() };
  const tree = await writeTree(gitDir, base, changes);
  const parents = parent === null ? [] : [parent.sha];
  const sha = await writeCommit(gitDir, {
    tree,
    parents,
    author: who,
    committer: who,
    message: `${message}\n`,
  });
  await moveRef(gitDir, ref, sha, before?.sha ?? null);
  await refChanged(world, repository, account, { ref, before: before?.sha ?? null, after: sha });
  return sha;
}
