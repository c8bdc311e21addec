import type { FailedJob } from "../../run/ci-job.ts";
import type { GateFacts } from "../../run/gate-facts.ts";
import { readAnswer } from "../answer.ts";
import { allPages, orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";
import { failingPart, readTail } from "./log-text.ts";

const RED: ReadonlySet<string | null> = new Set(["failure", "timed_out", "startup_failure", "error"]);

const MOST_JOBS = 5;
const CHARS_PER_LOG = 12_000;
const MOST_CHARS = 48_000;
const LOG_TIMEOUT_MS = 60_000;

/**
 * What the failing checks of a SHA say, as one text for a model and for people: for jobs of GitHub Actions the end of the log
 * up to the error, for check runs of others their own words, for statuses the name. Bounded; hostile text, to be fenced by whoever shows it.
 * With it the jobs themselves, to look them up in the workflow files.
 */
export async function fetchFailures(
  repository: RepositoryGithub,
  facts: GateFacts,
): Promise<{ log: string; jobs: readonly FailedJob[] }> {
  const jobs: Job[] = [];
  for (const run of facts.workflowRuns.filter((each) => RED.has(each.conclusion))) {
    jobs.push(...(await fetchFailingJobs(repository, run)));
  }
  const parts: string[] = [];
  for (const job of jobs.slice(0, MOST_JOBS)) parts.push(await tellJob(repository, job));
  if (jobs.length > MOST_JOBS)
    parts.push(`${jobs.length - MOST_JOBS} more jobs failed; their logs are left out.`);

  const told = new Set(jobs.map((job) => job.id));
  const others = facts.checkRuns.filter(
    (check) => check.appId !== repository.appId && RED.has(check.conclusion) && !told.has(check.id),
  );
  for (const check of others.slice(0, MOST_JOBS)) parts.push(await tellCheckRun(repository, check));
  for (const status of facts.statuses.filter((each) => RED.has(each.state))) {
    parts.push(`Status "${status.context}": ${status.state}${status.url ? ` (${status.url})` : ""}`);
  }
  return { log: parts.join("\n\n").slice(0, MOST_CHARS), jobs };
}

interface Job extends FailedJob {
  /** the id of a job is that of its check run */
  id: number;
  conclusion: string;
}

async function fetchFailingJobs(
  repository: RepositoryGithub,
  run: GateFacts["workflowRuns"][number],
): Promise<Job[]> {
  const jobs = await orNull(
    allPages(async (page) => {
      const { data, headers } = await repository.octokit.rest.actions.listJobsForWorkflowRun({
        ...repository.at(),
        run_id: run.id,
        filter: "latest",
        ...page,
      });
      return { items: data.jobs, link: headers.link };
    }),
  );
  return (jobs ?? [])
    .filter((job) => RED.has(job.conclusion))
    .map((job) => ({
      id: job.id,
      name: job.name,
      workflow: run.name,
      conclusion: job.conclusion ?? "failure",
      failedSteps: (job.steps ?? []).filter((step) => RED.has(step.conclusion)).map((step) => step.name),
    }));
}

async function tellJob(repository: RepositoryGithub, job: Job): Promise<string> {
  const steps =
    job.failedSteps.length > 0 ? `, step ${job.failedSteps.map((step) => `"${step}"`).join(", ")}` : "";
  const title = `Job "${job.name}" of workflow "${job.workflow}": ${job.conclusion}${steps}`;
  const log = await fetchJobLog(repository, job.id);
  return `${title}\n${log === null ? "(its log is gone)" : failingPart(log, CHARS_PER_LOG)}`;
}

/** The end of a job's log; null when it is gone (deleted, or older than its retention) or cannot be had from the storage. */
async function fetchJobLog(repository: RepositoryGithub, jobId: number): Promise<string | null> {
  const answer = await orNull(
    repository.octokit.rest.actions.downloadJobLogsForWorkflowRun({
      ...repository.at(),
      job_id: jobId,
      // A log can be hundreds of megabytes: it is read as a stream and only its end is kept.
      request: { parseSuccessResponseBody: false },
    }),
  );
  if (answer === null) return null;
  const { location } = answer.headers;
  if (location === undefined) return readTail(answer.data);
  // The storage host is not GitHub: the address carries its own signature, and our token stays here.
  try {
    const stored = await fetch(location, { signal: AbortSignal.timeout(LOG_TIMEOUT_MS) });
    return stored.ok ? await readTail(stored.body) : null;
  } catch (error) {
    repository.effects.log.warn({ jobId, error: String(error) }, "a job's log could not be read");
    return null;
  }
}

async function tellCheckRun(
  repository: RepositoryGithub,
  check: GateFacts["checkRuns"][number],
): Promise<string> {
  const title = `Check run "${check.name}": ${check.conclusion}`;
  try {
    const { data } = await repository.octokit.rest.checks.get({ ...repository.at(), check_run_id: check.id });
    const notes = await fetchAnnotations(repository, check.id);
    const words = [data.output.title, data.output.summary, data.output.text, ...notes].filter((part) => part);
    return `${title}\n${words.join("\n").slice(0, CHARS_PER_LOG)}`;
  } catch (error) {
    if (readAnswer(error, 0)?.kind !== "gone") throw error;
    return title;
  }
}

async function fetchAnnotations(repository: RepositoryGithub, checkRunId: number): Promise<string[]> {
  const { data } = await repository.octokit.rest.checks.listAnnotations({
    ...repository.at(),
    check_run_id: checkRunId,
    per_page: 50,
  });
  return data.map((note) => `${note.path}:${note.start_line}: ${note.message ?? ""}`);
}
