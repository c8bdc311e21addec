import { AskPerson } from "../errors.ts";
import { fetchMergeBase } from "../github/facts/base.ts";
import { fetchIssue } from "../github/facts/issue.ts";
import { findPulls } from "../github/facts/pull.ts";
import { fetchHead, fetchRepository } from "../github/facts/repository.ts";
import { quoteLine } from "../report/quote.ts";
import { parseRepositoryConfig, type RepositoryConfig } from "../run/repository-config.ts";
import { detectRepository } from "../workspace/detect.ts";
import { mergeConfiguration } from "../workspace/merge-configuration.ts";
import { findEarlierLife } from "./adopt.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

const CONFIG_PATH = ".github/fixpoint.yml";

/**
 * Before any money is spent: is there still something to do, from which commit, under which rules, and how is a fix proved?
 * In: GitHub's view of the issue and the base branch. Out: `run.triaged`, the end, or a question.
 */
export async function triage(turn: Turn): Promise<Progress> {
  const { request } = turn.run();
  const [repository, issue] = await Promise.all([
    fetchRepository(turn.github),
    fetchIssue(turn.github, request.issue.number),
  ]);
  if (!repository) return nothingToDo(turn, "The repository is gone, or the App may not see it any more.");
  if (repository.archived)
    return nothingToDo(turn, "The repository is archived, so nothing can be changed in it.");
  if (issue?.state !== "open") return endClosed(turn, issue !== null);
  // With a permission missing the run would end at its last step, when all is paid for: GitHub mints a token with all of them, or says which.
  await turn.github.token("work");

  const branch = repository.defaultBranch;
  const sha = await fetchHead(turn.github, branch);
  if (!sha) return nothingToDo(turn, `The branch ${branch} has no commit yet.`);

  const workspace = await turn.workspace({ branch, sha });
  const read = async (path: string) => decode((await workspace.read(path).catch(() => null))?.bytes ?? null);
  const configText = await read(CONFIG_PATH);
  const config = configText === null ? null : configOrAsk(configText);
  const detected = await detectRepository(read, () => workspace.list());
  const merged = mergeConfiguration(detected, config, {
    limits: request.limits,
    autonomy: request.autonomy,
    reach: {
      registries: await turn.deps.registries(detected.setup.ecosystems),
      more: turn.deps.registryHosts,
    },
  });
  if (!merged.checks.some((check) => check.purpose === "proves" && check.where === "sandbox")) {
    throw new AskPerson("no_check", noCheckQuestion(merged.setup.findings));
  }
  const earlier = await findEarlierLife(turn);
  // CI is held against what our branch started from, never against our own commits.
  const forkedFrom = earlier && (await fetchMergeBase(turn.github, { base: branch, head: earlier }));
  await turn.record({
    kind: "run.triaged",
    data: {
      base: { branch, sha: forkedFrom ?? sha },
      ...(earlier === null ? {} : { earlier }),
      checks: [...merged.checks],
      setup: merged.setup,
      autonomy: merged.autonomy,
      limits: merged.limits,
      configDigest: configText === null ? null : await turn.deps.blobs.put(configText),
      ciStartsWhenReady: detected.ciStartsWhenReady,
    },
  });
  return goOn;
}

async function nothingToDo(turn: Turn, because: string): Promise<Progress> {
  await turn.record({ kind: "run.ended", data: { outcome: "nothing_to_do", because } });
  return goOn;
}

/** A merge closes the issue as well: it may be that of a pull request which Redis has forgotten. */
async function endClosed(turn: Turn, exists: boolean): Promise<Progress> {
  const pulls = exists ? await findPulls(turn.github, turn.run().request.branch) : [];
  if (!pulls.some(({ state }) => state === "merged"))
    return nothingToDo(turn, "The issue is closed already.");
  const because = "The pull request was merged.";
  await turn.record({ kind: "run.ended", data: { outcome: "merged", because } });
  return goOn;
}

/** The repository's rules, from the base branch only; an invalid file is shown line by line and nothing is spent. */
function configOrAsk(text: string): RepositoryConfig {
  const parsed = parseRepositoryConfig(text);
  if ("config" in parsed) return parsed.config;
  const lines = parsed.problems
    .map((problem) => `- line ${problem.line}: ${quoteLine(problem.rule, 300)}`)
    .join("\n");
  throw new AskPerson(
    "configuration",
    `\`${CONFIG_PATH}\` on the base branch is not valid:\n\n${lines}\n\nMend it there, then comment \`/agent retry\`.`,
  );
}

function noCheckQuestion(findings: readonly string[]): string {
  const seen =
    findings.length > 0
      ? `\n\nWhat I looked at:\n\n${findings.map((each) => `- ${quoteLine(each, 300)}`).join("\n")}`
      : "";
  return (
    "I found no check that could prove a fix here, so I stop before spending anything. " +
    `Name one in \`${CONFIG_PATH}\`, for example:\n\n\`\`\`yaml\nversion: 1\nchecks:\n  test: npm test\n\`\`\`\n\nthen comment \`/agent retry\`.${seen}`
  );
}

function decode(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
