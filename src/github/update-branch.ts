import { z } from "zod";
import { TryLater } from "../errors.ts";
import { readAnswer, UnreadableAnswer } from "./answer.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { fetchCommit } from "./facts/commit.ts";
import { fetchHead } from "./facts/repository.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const updateReceipt = z.object({ branch: z.string(), sha: z.string(), base: z.string() });
export type UpdateReceipt = z.infer<typeof updateReceipt>;

/** A 422 that says so; any other one will be the same tomorrow, and is a person's to read. */
const hasMoved = /conflict|expected.head|no new commits/i;

interface Update {
  branch: string;
  /** the head that is brought up to its base */
  from: string;
}

/**
 * The tip of the base, merged into the branch by GitHub itself, which signs the commit. `expected_head_sha` makes it compare, then move: of two calls
 * one is refused, and what others pushed meanwhile stays. Throws `TryLater` when head or base have moved since they were looked at: somebody was
 * faster, or the two conflict now.
 */
export function updateBranch(
  repository: RepositoryGithub,
  record: EffectRecord,
  update: Update & { opKey: string; pullNumber: number },
): Promise<UpdateReceipt> {
  const { branch, from, opKey, pullNumber } = update;
  return effect<UpdateReceipt>(
    record,
    {
      opKey,
      op: "branch.update",
      args: { branch, from },
      receipt: updateReceipt,
      key: "server",
      look: () => findUpdate(repository, update),
      act: async () => {
        try {
          await repository.octokit.rest.pulls.updateBranch({
            ...repository.at(),
            pull_number: pullNumber,
            expected_head_sha: from,
          });
        } catch (error) {
          const answer = readAnswer(error, repository.effects.now());
          if (answer?.kind !== "refused" || !hasMoved.test(answer.message)) throw error;
          throw new TryLater("GitHub did not bring the branch up to its base", 10_000, { cause: error });
        }
        // The answer is 202: it will be done. Until it is, there is no commit to speak of.
        const found = await findUpdate(repository, update);
        if (!found) throw new UnreadableAnswer("accepted, and not done yet");
        return found;
      },
    },
    repository.effects,
  );
}

/** The merge that `updateBranch` makes, when the branch stands at it: of our own making, its first parent `from`. */
export async function findUpdate(
  repository: RepositoryGithub,
  { branch, from }: Update,
): Promise<UpdateReceipt | null> {
  const head = await fetchHead(repository, branch);
  if (head === null || head === from) return null;
  const commit = await fetchCommit(repository, head);
  const [first, base, ...more] = commit?.parents ?? [];
  if (first !== from || base === undefined || more.length > 0) return null;
  return commit?.author === (await repository.botLogin()) ? { branch, sha: head, base } : null;
}
