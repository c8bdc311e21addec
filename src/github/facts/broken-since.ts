import { isRed, reportedOn } from "../../run/gate-facts.ts";
import type { RepositoryGithub } from "../client.ts";
import { orNull } from "../pages.ts";
import { fetchGateFacts } from "./gate.ts";

/** Far enough to name a culprit of today; further back the answer is worth less than the questions cost. */
const COMMITS_BACK = 8;

/**
 * The oldest of the newest commits of the base branch that are red without a green one between: since when it is broken.
 * Null when the base itself is not red. A commit without any check is passed over.
 */
export async function fetchBrokenSince(
  repository: RepositoryGithub,
  base: { branch: string; sha: string },
  ownAppId: number,
): Promise<string | null> {
  const commits = await orNull(
    repository.octokit.rest.repos.listCommits({ ...repository.at(), sha: base.sha, per_page: COMMITS_BACK }),
  );
  let since: string | null = null;
  for (const { sha } of commits?.data ?? []) {
    const checks = reportedOn(await fetchGateFacts(repository, sha, base.branch), ownAppId);
    if (checks.length === 0) continue;
    if (!checks.some(isRed)) break;
    since = sha;
  }
  return since;
}
