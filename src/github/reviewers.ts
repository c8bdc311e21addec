import { z } from "zod";
import { readAnswer } from "./answer.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { addLabels } from "./label.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const reviewersReceipt = z.object({ number: z.int(), asked: z.string(), refused: z.string() });
type ReviewersReceipt = z.infer<typeof reviewersReceipt>;

/** What the repository configures for its pull requests. Once for each pull request: what people take away later stays away. */
export async function addReviewersAndLabels(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { number: number; reviewers: readonly string[]; labels: readonly string[] },
): Promise<void> {
  const { number, reviewers, labels } = wish;
  if (labels.length > 0)
    await addLabels(repository, record, { opKey: `pull:${number}:labels`, number, labels });
  if (reviewers.length > 0) {
    await requestReviewers(repository, record, { opKey: `pull:${number}:reviewers`, number, reviewers });
  }
}

/**
 * Asks people (`login`) and teams (`organisation/team`) for a review. GitHub refuses all of them for one who may not review, so then each is
 * asked alone; a name in a configuration file that has left the team must not stop a run.
 */
function requestReviewers(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; number: number; reviewers: readonly string[] },
): Promise<ReviewersReceipt> {
  const { number, reviewers } = wish;
  return effect<ReviewersReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: "pull.request_reviewers",
      args: { number, reviewers },
      receipt: reviewersReceipt,
      key: "server",
      look: async () => {
        const asked = await fetchRequested(repository, number);
        const isThere = reviewers.every((name) => asked.has(shortName(name).toLowerCase()));
        return isThere ? { number, asked: reviewers.join(", "), refused: "" } : null;
      },
      act: async () => {
        if (await ask(repository, number, reviewers))
          return { number, asked: reviewers.join(", "), refused: "" };
        const refused: string[] = [];
        for (const name of reviewers) {
          record.check();
          if (!(await ask(repository, number, [name]))) refused.push(name);
        }
        repository.effects.log.warn({ number, refused }, "GitHub refused reviewers");
        const asked = reviewers.filter((name) => !refused.includes(name));
        return { number, asked: asked.join(", "), refused: refused.join(", ") };
      },
    },
    repository.effects,
  );
}

/** False when GitHub says that one of them may not review here. */
async function ask(repository: RepositoryGithub, number: number, names: readonly string[]): Promise<boolean> {
  try {
    await repository.octokit.rest.pulls.requestReviewers({
      ...repository.at(),
      pull_number: number,
      reviewers: names.filter((name) => !name.includes("/")),
      team_reviewers: names.filter((name) => name.includes("/")).map(shortName),
    });
    return true;
  } catch (error) {
    const answer = readAnswer(error, repository.effects.now());
    if (answer?.kind === "refused" || answer?.kind === "gone") return false;
    throw error;
  }
}

async function fetchRequested(repository: RepositoryGithub, number: number): Promise<Set<string>> {
  const { data } = await repository.octokit.rest.pulls.listRequestedReviewers({
    ...repository.at(),
    pull_number: number,
  });
  return new Set(
    [...data.users.map((user) => user.login), ...data.teams.map((team) => team.slug)].map((name) =>
      name.toLowerCase(),
    ),
  );
}

function shortName(name: string): string {
  return name.slice(name.indexOf("/") + 1).replace(/^@/, "");
}
