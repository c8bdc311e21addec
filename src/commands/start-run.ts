import type { Journal } from "../journal/journal.ts";
import { type Actor, branchName, type IssueSnapshot, type RepositoryRef, runId } from "../run/request.ts";
import type { PerformerDeps } from "./performer-deps.ts";

/** Starts the run of this issue, or finds the one that works on it. The same delivery always gets the same run. */
export function startRun(
  deps: Pick<PerformerDeps, "journal" | "rules">,
  wish: { deliveryId: string; repository: RepositoryRef; issue: IssueSnapshot; actor: Actor },
): ReturnType<Journal["startRun"]> {
  const { deliveryId, repository, issue, actor } = wish;
  const { limits, autonomy, versions } = deps.rules;
  const key = { repositoryId: repository.id, issueNumber: issue.number, deliveryId };
  return deps.journal.startRun(key, (ordinal) => ({
    runId: runId(repository.id, issue.number, ordinal),
    request: {
      deliveryId,
      repository,
      issue,
      requestedBy: actor,
      ordinal,
      branch: branchName(issue.number, ordinal),
      limits,
      autonomy,
      versions,
    },
  }));
}
