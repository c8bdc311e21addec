import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";
import { fetchHead } from "./repository.ts";

/** More updates of one head after another than any run makes. */
const MOST_UPDATES = 10;

/**
 * The run whose commit a branch ends in; null when there is no such branch, or when it ends in somebody else's commit. Known by our App as
 * its author and by the trailer `Agent-Run`: either alone can be written by others. Merges that GitHub made for us, to bring the branch up to its
 * base, carry no trailer: what counts is the commit below them.
 */
export async function fetchRunOfBranch(
  repository: RepositoryGithub,
  branch: string,
): Promise<{ run: string; sha: string } | null> {
  const head = await fetchHead(repository, branch);
  let sha: string | undefined = head ?? undefined;
  for (let below = 0; head !== null && sha !== undefined && below <= MOST_UPDATES; below++) {
    const answer = await orNull(repository.octokit.rest.repos.getCommit({ ...repository.at(), ref: sha }));
    if (!answer || answer.data.author?.login !== (await repository.botLogin())) return null;
    const run = /^Agent-Run: (\S+)$/m.exec(answer.data.commit.message)?.[1];
    if (run !== undefined) return { run, sha: head };
    const { parents } = answer.data;
    sha = parents.length === 2 ? parents[0]?.sha : undefined;
  }
  return null;
}
