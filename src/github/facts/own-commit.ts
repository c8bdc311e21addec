import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";
import { fetchHead } from "./repository.ts";

/**
 * The run whose commit a branch ends in; null when there is no such branch, or when it ends in somebody else's commit. Known by our App as
 * its author and by the trailer `Agent-Run`: either alone can be written by others.
 */
export async function fetchRunOfBranch(
  repository: RepositoryGithub,
  branch: string,
): Promise<{ run: string; sha: string } | null> {
  const head = await fetchHead(repository, branch);
  if (head === null) return null;
  const answer = await orNull(repository.octokit.rest.repos.getCommit({ ...repository.at(), ref: head }));
  if (!answer || answer.data.author?.login !== (await repository.botLogin())) return null;
  const run = /^Agent-Run: (\S+)$/m.exec(answer.data.commit.message)?.[1];
  return run === undefined ? null : { run, sha: answer.data.sha };
}
