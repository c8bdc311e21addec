import { conclusionOf, runsOf, statusOf } from "./check-rollup.ts";
import { readTree } from "./git/objects.ts";
import { listRefsNow } from "./git/refs.ts";
import type { Account } from "./records/account.ts";
import type { Repository } from "./records/repository.ts";

const login = (account: Account | null) => account?.login ?? null;

/** Everything in a repository as plain data, without times: for whole-object comparisons and for counting doubles. */
export function inspectRepository(repository: Repository) {
  const issues = [...repository.issues.values()].filter((issue) => !issue.deleted);
  return {
    id: repository.id,
    name: repository.name,
    owner: repository.owner.login,
    defaultBranch: repository.defaultBranch,
    archived: repository.archived,
    gitDir: repository.gitDir,
    /** the files of a branch or commit, by path; of the default branch when none is named */
    tree: async (ref = repository.defaultBranch) => {
      const entries = await readTree(repository.gitDir, ref, true);
      return {
        defaultBranch: repository.defaultBranch,
        files: entries.filter((one) => one.type === "blob").map((one) => one.path),
      };
    },
    refs: Object.fromEntries(listRefsNow(repository.gitDir).map((ref) => [ref.name, ref.sha])),
    labels: repository.labels.map(({ name, color, description }) => ({ name, color, description })),
    issues: issues.map((issue) => ({
      number: issue.number,
      kind: issue.pull === null ? ("issue" as const) : ("pull" as const),
      title: issue.title,
      body: issue.body,
      author: issue.author.login,
      state: issue.state,
      labels: issue.labels.map((label) => label.name),
      reactions: issue.reactions.map((one) => ({ content: one.content, by: one.author.login })),
      comments: issue.comments.map((comment) => ({
        id: comment.id,
        author: comment.author.login,
        body: comment.body,
        reactions: comment.reactions.map((one) => ({ content: one.content, by: one.author.login })),
      })),
    })),
    pulls: issues.flatMap((issue) =>
      issue.pull === null
        ? []
        : [
            {
              number: issue.number,
              title: issue.title,
              body: issue.body,
              author: issue.author.login,
              state: issue.state,
              draft: issue.pull.draft,
              merged: issue.pull.mergedAt !== null,
              headRef: issue.pull.headRef,
              headSha: issue.pull.headSha,
              baseRef: issue.pull.baseRef,
              baseSha: issue.pull.baseSha,
              requestedReviewers: issue.pull.requestedReviewers.map(login),
              reviews: issue.pull.reviews.map(({ id, author, state, body }) => ({
                id,
                author: author.login,
                state,
                body,
              })),
              reviewComments: issue.pull.reviewComments.map(
                ({ id, author, path, line, body, inReplyTo }) => ({
                  id,
                  author: author.login,
                  path,
                  line,
                  body,
                  inReplyTo,
                }),
              ),
            },
          ],
    ),
    checkRuns: repository.checkRuns.map((run) => ({
      id: run.id,
      app: run.suite.owner,
      name: run.name,
      headSha: run.headSha,
      externalId: run.externalId,
      status: run.status,
      conclusion: run.conclusion,
      output: { ...run.output },
      annotations: run.annotations.length,
      actions: run.actions.map((action) => action.identifier),
    })),
    checkSuites: repository.checkSuites.map((suite) => ({
      id: suite.id,
      app: suite.owner,
      headSha: suite.headSha,
      status: statusOf(runsOf(repository, suite)),
      conclusion: conclusionOf(runsOf(repository, suite)),
    })),
    statuses: repository.statuses.map(({ sha, context, state, creator }) => ({
      sha,
      context,
      state,
      by: creator.login,
    })),
    workflowRuns: repository.workflowRuns.map((run) => ({
      id: run.id,
      workflow: run.workflow.name,
      event: run.event,
      headSha: run.headSha,
      attempt: run.attempt,
      status: run.status,
      conclusion: run.conclusion,
      jobs: run.jobs.map((job) => ({
        id: job.id,
        name: job.name,
        attempt: job.attempt,
        status: job.checkRun.status,
        conclusion: job.checkRun.conclusion,
        log: job.log,
      })),
    })),
  };
}

export type RepositorySnapshot = ReturnType<typeof inspectRepository>;
