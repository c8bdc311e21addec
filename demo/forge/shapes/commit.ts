import type { Commit, Person } from "../git/commits.ts";
import type { ChangedFile } from "../git/object-store.ts";
import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import { findAccount } from "../state.ts";
import type { World } from "../world.ts";
import { iso, isoOrNull, repositoryApi, repositoryHtml, shapeAccount } from "./basics.ts";

const stamp = (person: Person) => ({ name: person.name, email: person.email, date: iso(person.at) });

/** The address that GitHub gives an account for its commits. */
export const emailOf = (account: Account): string =>
  `${account.id}+${account.login}@users.noreply.github.com`;

/** The account behind a commit's address; null when GitHub knows none. */
function accountOf(world: World, person: Person) {
  const login = /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(person.email)?.[1];
  const account = login === undefined ? null : findAccount(world.state, login);
  return account === null ? null : shapeAccount(world, account);
}

function shapeVerification(repository: Repository, sha: string) {
  const signed = repository.signed.get(sha);
  return {
    verified: signed !== undefined,
    reason: signed === undefined ? "unsigned" : "valid",
    signature: signed?.signature ?? null,
    payload: signed?.payload ?? null,
    verified_at: isoOrNull(signed?.at ?? null),
  };
}

/** A commit of the Git Data API. */
export function shapeGitCommit(world: World, repository: Repository, commit: Commit) {
  const api = repositoryApi(world, repository);
  const html = repositoryHtml(world, repository);
  return {
    sha: commit.sha,
    node_id: `C_${Buffer.from(`${repository.id}:${commit.sha}`).toString("base64url")}`,
    url: `${api}/git/commits/${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    author: stamp(commit.author),
    committer: stamp(commit.committer),
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    message: commit.message.replace(/\n+$/, ""),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/git/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
    verification: shapeVerification(repository, commit.sha),
  };
}

/** A commit as lists, comparisons and pull requests show it. */
export function shapeCommit(world: World, repository: Repository, commit: Commit) {
  const api = repositoryApi(world, repository);
  const html = repositoryHtml(world, repository);
  const inner = shapeGitCommit(world, repository, commit);
  return {
    sha: commit.sha,
    node_id: inner.node_id,
    commit: {
      author: inner.author,
      committer: inner.committer,
      message: inner.message,
      tree: inner.tree,
      url: inner.url,
      comment_count: 0,
      verification: inner.verification,
    },
    url: `${api}/commits/${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    author: accountOf(world, commit.author),
    committer: accountOf(world, commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
  };
}

export function shapeFile(world: World, repository: Repository, sha: string, file: ChangedFile) {
  const html = repositoryHtml(world, repository);
  const name = file.path.split("/").map(encodeURIComponent).join("/");
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${sha}/${name}`,
    raw_url: `${html}/raw/${sha}/${name}`,
    contents_url: `${repositoryApi(world, repository)}/contents/${name}?ref=${sha}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}

/** The short commit that suites and workflow runs carry. */
export const shapeHeadCommit = (commit: Commit) => ({
  id: commit.sha,
  tree_id: commit.tree,
  message: commit.message.replace(/\n+$/, ""),
  timestamp: iso(commit.committer.at),
  author: { name: commit.author.name, email: commit.author.email },
  committer: { name: commit.committer.name, email: commit.committer.email },
});
