import type { RepositoryGithub } from "../github/client.ts";
import { findPulls } from "../github/facts/pull.ts";
import { branchName } from "../run/request.ts";

/** More runs on one issue than anybody asks for. */
const MOST_RUNS = 20;

/**
 * What runs of an issue have left on GitHub, for a journal that knows of none. `open`: a run with this ordinal goes on; `none`: the next run
 * has this ordinal; `over`: people have merged or closed the last pull request, so the label was answered.
 */
export async function findFormerRuns(
  repository: RepositoryGithub,
  issueNumber: number,
): Promise<{ last: "none" | "open" | "over"; ordinal: number }> {
  let last: "none" | "over" = "none";
  for (let ordinal = 1; ordinal <= MOST_RUNS; ordinal++) {
    const pulls = await findPulls(repository, branchName(issueNumber, ordinal));
    if (pulls.some((pull) => pull.state === "open")) return { last: "open", ordinal };
    if (pulls.length === 0) return { last, ordinal };
    last = "over";
  }
  return { last, ordinal: MOST_RUNS + 1 };
}
