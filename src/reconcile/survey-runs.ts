import { surveyIssue, surveyPull } from "../github/facts/survey.ts";
import { foldRun } from "../run/evolve.ts";
import type { RepositoryRef } from "../run/request.ts";
import type { Run } from "../run/run.ts";
import { orLog, type SurveyDeps } from "./survey-repositories.ts";

/** Who did it is not told here. GitHub shows accounts that are gone under this name. */
const somebody = { id: 10_137, login: "ghost" };

/**
 * Active runs whose issue or pull request moved on without us: told as the lost delivery would have told them. What CI said meanwhile
 * needs nothing here, because a run that waits for CI asks by itself.
 */
export async function surveyActiveRuns(deps: SurveyDeps): Promise<void> {
  for (const runId of await deps.journal.activeRuns()) {
    await orLog(deps, { runId }, async () => {
      const run = foldRun(await deps.journal.read(runId));
      if (run.ended || run.asked?.reason === "suspended") return;
      if (!(await surveyPullOf(run, deps))) await surveyIssueOf(run, deps);
    });
  }
}

/** Whether the pull request is the news. */
async function surveyPullOf(run: Run, deps: SurveyDeps): Promise<boolean> {
  const { published, request } = run;
  if (!published || run.pull === "merged" || run.pull === "closed") return false;
  const { repository } = request;
  const installation = deps.github.survey(repository.installationId);
  const pull = await surveyPull(installation, repository, published.pullNumber, deps.notes);
  if (pull.state === "open" || pull.state === "gone") return false;
  await deps.enqueue({
    kind: "pull_closed",
    ...told(run, repository, `pull-${pull.state}`),
    number: published.pullNumber,
    branch: request.branch,
    merged: pull.state === "merged",
  });
  tell(run, `its pull request is ${pull.state}`, deps);
  return true;
}

async function surveyIssueOf(run: Run, deps: SurveyDeps): Promise<void> {
  const { repository, issue } = run.request;
  const installation = deps.github.survey(repository.installationId);
  const now = await surveyIssue(installation, repository, issue.number, deps.notes);
  // A run that was started by a comment needs no label.
  const labelled = now.labels.some((name) => name.toLowerCase() === deps.label.toLowerCase());
  const lost = run.request.askedAt !== undefined && !labelled;
  if (now.state === "open" && !lost) return;
  const change = now.state === "open" ? "unlabeled" : now.state === "closed" ? "closed" : "deleted";
  await deps.enqueue({
    kind: "issue_changed",
    ...told(run, repository, `issue-${change}`),
    number: issue.number,
    change,
  });
  tell(run, `its issue is ${change}`, deps);
}

function told(run: Run, repository: RepositoryRef, what: string) {
  const deliveryId = `seen-${run.id}-${what}-${run.seq}`;
  return { deliveryId, installationId: repository.installationId, repository, actor: somebody };
}

function tell(run: Run, what: string, deps: SurveyDeps): void {
  deps.counters.add("runs_told", 1);
  deps.log.warn({ runId: run.id }, `the run was not told that ${what}; telling it now`);
}
