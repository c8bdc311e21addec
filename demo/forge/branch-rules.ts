import { rawCommit } from "./git/commits.ts";
import { commitsBetween, isAncestor } from "./git/history.ts";
import type { Repository } from "./records/repository.ts";

export type Move = { branch: string; before: string | null; after: string | null };

/** The types of rules that hold for a branch. */
const rulesFor = (repository: Repository, branch: string): Set<string> =>
  new Set(
    repository.rulesets
      .filter((ruleset) => branch.startsWith(ruleset.prefix))
      .flatMap((ruleset) => ruleset.rules.map((rule) => rule.type)),
  );

/** `TYPE PREFIX` lines, as the hook for pushes reads them. */
export const rulesAsLines = (repository: Repository): string =>
  repository.rulesets
    .flatMap((ruleset) => ruleset.rules.map((rule) => `${rule.type} ${ruleset.prefix}`))
    .join("\n");

async function hasUnsigned(repository: Repository, before: string | null, after: string): Promise<boolean> {
  const base = before ?? `refs/heads/${repository.defaultBranch}`;
  for (const sha of await commitsBetween(repository.gitDir, base, after)) {
    const raw = (await rawCommit(repository.gitDir, sha)).toString("utf8");
    if (!raw.slice(0, raw.indexOf("\n\n")).includes("\ngpgsig ")) return true;
  }
  return false;
}

/** What rulesets have against moving a branch through the API, in GitHub's words; empty when nothing. */
export async function ruleViolations(
  repository: Repository,
  { branch, before, after }: Move,
): Promise<string[]> {
  const rules = rulesFor(repository, branch);
  const found: string[] = [];
  if (rules.has("creation") && before === null)
    found.push("Cannot create ref due to creations being restricted.");
  if (rules.has("deletion") && after === null) found.push("Cannot delete this branch");
  if (before !== null && after !== null) {
    if (rules.has("update")) found.push("Cannot update this protected ref.");
    const isForced = rules.has("non_fast_forward") && !(await isAncestor(repository.gitDir, before, after));
    if (isForced) found.push("Cannot force-push to this branch");
  }
  if (rules.has("required_signatures") && after !== null && (await hasUnsigned(repository, before, after))) {
    found.push("Commits must have verified signatures.");
  }
  return found;
}
