import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";

export interface CommitFacts {
  sha: string;
  parents: readonly string[];
  /** login of who wrote it, or the name in the commit where that is nobody on GitHub; text of others */
  author: string;
}

/** One commit; null when there is none. */
export async function fetchCommit(repository: RepositoryGithub, sha: string): Promise<CommitFacts | null> {
  const answer = await orNull(repository.octokit.rest.repos.getCommit({ ...repository.at(), ref: sha }));
  if (!answer) return null;
  const { data } = answer;
  return {
    sha: data.sha,
    parents: data.parents.map((parent) => parent.sha),
    author: data.author?.login ?? data.commit.author?.name ?? "Somebody",
  };
}
