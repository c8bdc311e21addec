import { AskPerson } from "../errors.ts";
import { fetchBaseFacts } from "../github/facts/base.ts";
import { findUpdate, updateBranch } from "../github/update-branch.ts";
import { decideBase } from "../run/decide-base.ts";
import { opKeys } from "../run/op-keys.ts";
import { meetHead } from "./meet-head.ts";
import { planUpdate } from "./plan-update.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/**
 * Holds the published head against the tip of its base: once before CI is believed on it, and once more before it becomes ready. What people pushed
 * comes first. Out: `base.met` when nothing is to be done, `head.adopted` after an update, `update.planned` for a conflict.
 */
export async function meetBase(turn: Turn): Promise<Progress> {
  if (await stoodAlready(turn)) return bringUp(turn);
  const again: Progress = { next: "park", afterMs: turn.deps.gate.pollMs };
  const head = await meetHead(turn);
  if (head === "adopted") return goOn;
  if (head === "not_yet") return again;
  const run = turn.run();
  const { sha, pullNumber } = publishedOf(turn);
  if (!run.base) throw new Error("The base is met after triage.");
  const facts = await fetchBaseFacts(turn.github, { head: sha, base: run.base.branch, pullNumber });
  const decision = facts
    ? decideBase(run, facts, turn.deps.now() - run.gateSince)
    : ({ do: "go_on", standing: "current" } as const);
  switch (decision.do) {
    case "go_on": {
      const baseSha = facts?.tip ?? run.base.sha;
      await turn.record({ kind: "base.met", data: { sha, baseSha, standing: decision.standing } });
      return goOn;
    }
    case "ask_again":
      return again;
    case "update":
      return bringUp(turn);
    case "merge":
      if (facts) await planUpdate(turn, facts);
      return goOn;
    case "ask":
      throw new AskPerson("conflict", decision.question);
    default:
      return decision satisfies never;
  }
}

/** An update that was made, and a worker did not live to record that the run goes on from it: the branch stands there, and it is ours. */
async function stoodAlready(turn: Turn): Promise<boolean> {
  const { sha: from, branch } = publishedOf(turn);
  const opKey = opKeys.updateBranch(from);
  if (!turn.effects.wasIntended(opKey)) return false;
  return turn.effects.receiptOf(opKey) !== null || (await findUpdate(turn.github, { branch, from })) !== null;
}

async function bringUp(turn: Turn): Promise<Progress> {
  const { sha: from, branch, pullNumber } = publishedOf(turn);
  const opKey = opKeys.updateBranch(from);
  const { sha, base } = await updateBranch(turn.github, turn.effects, { opKey, branch, from, pullNumber });
  await turn.record({
    kind: "head.adopted",
    data: { sha, from, because: "base_update", baseSha: base },
  });
  return goOn;
}

function publishedOf(turn: Turn) {
  const { published } = turn.run();
  if (!published) throw new Error("The base is met after publishing.");
  return published;
}
