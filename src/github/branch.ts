import { z } from "zod";
import { AskPerson } from "../errors.ts";
import { readAnswer } from "./answer.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { fetchHead } from "./facts/repository.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const branchReceipt = z.object({ branch: z.string(), sha: z.string() });
export type BranchReceipt = z.infer<typeof branchReceipt>;

/**
 * A new branch at `sha`. GitHub refuses a second one of the same name, which makes the name the key.
 * One that exists is adopted at `sha`, or at one of `ours` (commits of this run: a former life got that far; `moveBranch` goes on
 * from the receipt's sha). Anything else belongs to somebody, and is asked about.
 */
export function createBranch(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; branch: string; sha: string; ours: readonly string[] },
): Promise<BranchReceipt> {
  const look = async (): Promise<BranchReceipt | null> => {
    const head = await fetchHead(repository, wish.branch);
    if (head === null) return null;
    if (head === wish.sha || wish.ours.includes(head)) return { branch: wish.branch, sha: head };
    throw foreign(wish.branch, head);
  };
  return effect<BranchReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: "branch.create",
      args: { branch: wish.branch, sha: wish.sha },
      receipt: branchReceipt,
      key: "server",
      look,
      act: async () => {
        try {
          const { data } = await repository.octokit.rest.git.createRef({
            ...repository.at(),
            ref: `refs/heads/${wish.branch}`,
            sha: wish.sha,
          });
          return { branch: wish.branch, sha: data.object.sha };
        } catch (error) {
          if (readAnswer(error, repository.effects.now())?.kind !== "refused") throw error;
          throw (await nameInTheWay(repository, wish.branch)) ?? error;
        }
      },
    },
    repository.effects,
  );
}

/** Moves a branch forward from one commit of ours to another: compare, then move, and never by force. */
export function moveBranch(
  repository: RepositoryGithub,
  record: EffectRecord,
  move: { opKey: string; branch: string; from: string; to: string },
): Promise<BranchReceipt> {
  const done = { branch: move.branch, sha: move.to };
  const compare = async (): Promise<BranchReceipt | null> => {
    const head = await fetchHead(repository, move.branch);
    if (head === move.to) return done;
    if (head === move.from) return null;
    throw head === null ? deleted(move.branch) : foreign(move.branch, head);
  };
  return effect<BranchReceipt>(
    record,
    {
      opKey: move.opKey,
      op: "branch.move",
      args: { branch: move.branch, from: move.from, to: move.to },
      receipt: branchReceipt,
      key: "server",
      look: compare,
      act: async () => {
        try {
          const { data } = await repository.octokit.rest.git.updateRef({
            ...repository.at(),
            ref: `heads/${move.branch}`,
            sha: move.to,
            force: false,
          });
          return { branch: move.branch, sha: data.object.sha };
        } catch (error) {
          // 422 "Update is not a fast forward": somebody was faster, or it was ourselves; the comparison tells.
          if (readAnswer(error, repository.effects.now())?.kind !== "refused") throw error;
          const now = await compare();
          if (now === null) throw error;
          return now;
        }
      },
    },
    repository.effects,
  );
}

function foreign(branch: string, head: string): AskPerson {
  return new AskPerson(
    "conflict",
    `The branch \`${branch}\` stands at ${head.slice(0, 7)}, which is no commit of this run, and nothing of others is ever overwritten. Move those commits to another branch (or delete the branch), then comment \`/agent retry\`.`,
  );
}

function deleted(branch: string): AskPerson {
  return new AskPerson(
    "conflict",
    `Somebody deleted the branch \`${branch}\`. To have it made again, comment \`/agent retry\`.`,
  );
}

/** Git keeps branches as paths: a branch `agent` leaves no room for `agent/issue-7`. Asked only after a refusal. */
async function nameInTheWay(repository: RepositoryGithub, branch: string): Promise<AskPerson | null> {
  const parts = branch.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const parent = parts.slice(0, depth).join("/");
    if ((await fetchHead(repository, parent)) === null) continue;
    return new AskPerson(
      "conflict",
      `The branch \`${branch}\` cannot be made while there is a branch \`${parent}\`. Rename that one, then comment \`/agent retry\`.`,
    );
  }
  return null;
}
