import { z } from "zod";
import type { GateFacts } from "../../run/gate-facts.ts";
import { allPages, orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";
import { readable } from "./readable.ts";
import { fetchRepository } from "./repository.ts";

/**
 * Everything that CI says of exactly this SHA, all pages. Asked by SHA and never by pull request or branch: those move on.
 * `base`: the branch whose rules name the required checks; the default branch unless said otherwise.
 */
export async function fetchGateFacts(
  repository: RepositoryGithub,
  sha: string,
  base?: string,
): Promise<GateFacts> {
  const [checkRuns, statuses, workflowRuns, required] = await Promise.all([
    fetchCheckRuns(repository, sha),
    fetchStatuses(repository, sha),
    fetchWorkflowRuns(repository, sha),
    fetchRequiredChecks(repository, base),
  ]);
  return { sha, checkRuns, statuses, workflowRuns, required };
}

async function fetchCheckRuns(repository: RepositoryGithub, sha: string): Promise<GateFacts["checkRuns"]> {
  const runs = await allPages(async (page) => {
    const { data, headers } = await repository.octokit.rest.checks.listForRef({
      ...repository.at(),
      ref: sha,
      // Earlier runs too: red and green on one commit is how a flaky check is known.
      filter: "all",
      ...page,
    });
    return { items: data.check_runs, link: headers.link };
  });
  return runs.map((run) => ({
    id: run.id,
    appId: run.app?.id ?? 0,
    name: run.name,
    status: run.status,
    conclusion: run.conclusion,
    url: run.html_url,
    suiteId: run.check_suite?.id ?? null,
  }));
}

/** The combined status holds the newest of each context, and nothing of check runs. */
async function fetchStatuses(repository: RepositoryGithub, sha: string): Promise<GateFacts["statuses"]> {
  const statuses = await allPages(async (page) => {
    const { data, headers } = await repository.octokit.rest.repos.getCombinedStatusForRef({
      ...repository.at(),
      ref: sha,
      ...page,
    });
    return { items: data.statuses, link: headers.link };
  });
  return statuses.map(({ context, state, target_url }) => ({ context, state, url: target_url }));
}

/** Beside the check runs, because a run that waits for a person or has a broken file has no check run at all. */
async function fetchWorkflowRuns(
  repository: RepositoryGithub,
  sha: string,
): Promise<GateFacts["workflowRuns"]> {
  const runs = await orNull(
    allPages(async (page) => {
      const { data, headers } = await repository.octokit.rest.actions.listWorkflowRunsForRepo({
        ...repository.at(),
        head_sha: sha,
        ...page,
      });
      return { items: data.workflow_runs, link: headers.link };
    }),
  );
  return (runs ?? []).map((run) => ({
    id: run.id,
    name: run.name ?? run.path,
    status: run.status ?? "queued",
    conclusion: run.conclusion,
    url: run.html_url,
    attempt: run.run_attempt ?? 1,
  }));
}

const branchSchema = z.object({
  protection: z
    .object({ required_status_checks: z.object({ contexts: z.array(z.string()) }).optional() })
    .optional(),
});

const rulesSchema = z.array(
  z.object({
    type: z.string(),
    parameters: z
      .object({ required_status_checks: z.array(z.object({ context: z.string() })).optional() })
      .optional(),
  }),
);

/**
 * Names that the branch's protection or its rulesets require. Both are read from places that a plain installation may read
 * (the branch itself, and the rules that apply to it); the protection endpoint would want `administration`.
 */
async function fetchRequiredChecks(
  repository: RepositoryGithub,
  base: string | undefined,
): Promise<string[]> {
  const branch = base ?? (await fetchRepository(repository))?.defaultBranch;
  if (branch === undefined) return [];
  const at = { ...repository.at(), branch };
  const [protectedBranch, rules] = await Promise.all([
    readable(repository.octokit.rest.repos.getBranch(at)),
    readable(repository.octokit.rest.repos.getBranchRules({ ...at, per_page: 100 })),
  ]);
  const byProtection = branchSchema.safeParse(protectedBranch?.data);
  const byRules = rulesSchema.safeParse(rules?.data);
  return [
    ...new Set([
      ...((byProtection.success && byProtection.data.protection?.required_status_checks?.contexts) || []),
      ...(byRules.success ? byRules.data : []).flatMap(
        (rule) => rule.parameters?.required_status_checks?.map(({ context }) => context) ?? [],
      ),
    ]),
  ].sort();
}
