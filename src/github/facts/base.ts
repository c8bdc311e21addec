import { z } from "zod";
import type { BaseFacts } from "../../run/decide-base.ts";
import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";
import { readable } from "./readable.ts";

interface At {
  /** SHA of the head that is asked about */
  head: string;
  /** name of the base branch */
  base: string;
  pullNumber: number;
}

/**
 * How a head stands to the tip of its base. One small request while it contains that tip; only when it does not, GitHub is asked whether
 * the two merge and whether the base minds. Null when there is no such branch any more.
 */
export async function fetchBaseFacts(repository: RepositoryGithub, at: At): Promise<BaseFacts | null> {
  const compared = await compare(repository, at);
  if (!compared) return null;
  const { behindBy, ...common } = compared;
  if (behindBy === 0) return { ...common, behind: false, merge: "clean", mustContainTip: false };
  const [merge, mustContainTip] = await Promise.all([
    fetchMerge(repository, at),
    isStrict(repository, at.base),
  ]);
  return {
    ...common,
    behind: true,
    merge: merge.result,
    mustContainTip: mustContainTip || merge.state === "behind",
  };
}

/** Where a head left its base branch. Null when there is no such branch any more. */
export async function fetchMergeBase(
  repository: RepositoryGithub,
  at: Pick<At, "head" | "base">,
): Promise<string | null> {
  return (await compare(repository, at))?.mergeBase ?? null;
}

async function compare(
  repository: RepositoryGithub,
  at: Pick<At, "head" | "base">,
): Promise<{ tip: string; mergeBase: string; behindBy: number } | null> {
  const compared = await orNull(
    repository.octokit.rest.repos.compareCommitsWithBasehead({
      ...repository.at(),
      basehead: `${at.base}...${at.head}`,
      // The first page holds the changed files with their patches, which nobody wants here.
      page: 2,
      per_page: 1,
    }),
  );
  if (!compared) return null;
  const { base_commit, merge_base_commit, behind_by } = compared.data;
  return { tip: base_commit.sha, mergeBase: merge_base_commit.sha, behindBy: behind_by };
}

/** `mergeable` speaks of the pull request's own head: of another one nothing is known yet. Null while it is worked out (docs, "Get a pull request"). */
async function fetchMerge(
  repository: RepositoryGithub,
  { head, pullNumber }: At,
): Promise<{ result: BaseFacts["merge"]; state: string }> {
  const { data } = await repository.octokit.rest.pulls.get({ ...repository.at(), pull_number: pullNumber });
  const state = data.mergeable_state;
  if (data.head.sha !== head || data.mergeable === null) return { result: "unknown", state };
  return { result: data.mergeable ? "clean" : "conflict", state };
}

const rulesSchema = z.array(
  z.object({
    type: z.string(),
    parameters: z.object({ strict_required_status_checks_policy: z.boolean().optional() }).optional(),
  }),
);

/** Whether a ruleset wants branches up to date. Classic protection says so only by the state `behind` of a pull request that is no draft. */
async function isStrict(repository: RepositoryGithub, branch: string): Promise<boolean> {
  const rules = await readable(
    repository.octokit.rest.repos.getBranchRules({ ...repository.at(), branch, per_page: 100 }),
  );
  const read = rulesSchema.safeParse(rules?.data);
  return read.success && read.data.some((rule) => rule.parameters?.strict_required_status_checks_policy);
}
