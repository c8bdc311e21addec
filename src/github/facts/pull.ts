import { allPages, orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";

/** A pull request as it stands. */
export interface PullFacts {
  number: number;
  nodeId: string;
  url: string;
  title: string;
  body: string;
  state: "open" | "closed" | "merged";
  draft: boolean;
  branch: string;
  headSha: string;
  /** of the repository that the branch lies in; null when that fork is gone */
  headRepositoryId: number | null;
  base: string;
  author: string;
}

interface RawPull {
  number: number;
  node_id: string;
  html_url: string;
  title: string;
  body: string | null;
  state: string;
  draft?: boolean;
  merged_at: string | null;
  head: { ref: string; sha: string; repo?: { id: number } | null };
  base: { ref: string };
  user: { login: string } | null;
}

/** One pull request; null when there is none of this number. */
export async function fetchPull(repository: RepositoryGithub, number: number): Promise<PullFacts | null> {
  const answer = await orNull(repository.octokit.rest.pulls.get({ ...repository.at(), pull_number: number }));
  return answer ? pullFacts(answer.data) : null;
}

/** Every pull request from a branch of this repository, open, closed and merged, newest first. */
export async function findPulls(repository: RepositoryGithub, branch: string): Promise<PullFacts[]> {
  const found = await allPages(async (page) => {
    const { owner, repo } = repository.at();
    const { data, headers } = await repository.octokit.rest.pulls.list({
      owner,
      repo,
      head: `${owner}:${branch}`,
      state: "all",
      ...page,
    });
    return { items: data, link: headers.link };
  });
  // A server that does not know the filter hands out everything.
  return found
    .filter((pull) => pull.head.ref === branch)
    .map(pullFacts)
    .sort((a, b) => b.number - a.number);
}

export function pullFacts(pull: RawPull): PullFacts {
  const closed = pull.merged_at === null ? "closed" : "merged";
  return {
    number: pull.number,
    nodeId: pull.node_id,
    url: pull.html_url,
    title: pull.title,
    body: pull.body ?? "",
    state: pull.state === "open" ? "open" : closed,
    draft: pull.draft ?? false,
    branch: pull.head.ref,
    headSha: pull.head.sha,
    headRepositoryId: pull.head.repo?.id ?? null,
    base: pull.base.ref,
    author: pull.user?.login ?? "ghost",
  };
}
