import { convertToDraft, markReady } from "../github/pull-stage.ts";
import type { Action } from "../run/action.ts";
import { opKeys } from "../run/op-keys.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/** Green on exactly this SHA: the draft becomes a pull request that asks for review. Nothing ever merges. */
export async function makeReady(
  turn: Turn,
  { sha }: Extract<Action, { do: "make_ready" }>,
): Promise<Progress> {
  const number = pullNumber(turn);
  await markReady(turn.github, turn.effects, {
    opKey: opKeys.makeReady(sha, turn.run().seq),
    number,
  });
  await turn.record({ kind: "pull.made_ready", data: { sha } });
  return goOn;
}

/** Red after all: back to draft, so that nobody reviews what CI refuses. */
export async function makeDraft(
  turn: Turn,
  { sha, because }: Extract<Action, { do: "make_draft" }>,
): Promise<Progress> {
  const number = pullNumber(turn);
  await convertToDraft(turn.github, turn.effects, {
    opKey: opKeys.makeDraft(sha, turn.run().seq),
    number,
  });
  await turn.record({ kind: "pull.made_draft", data: { sha, because } });
  return goOn;
}

function pullNumber(turn: Turn): number {
  const { published } = turn.run();
  if (!published) throw new Error("There is no pull request yet.");
  return published.pullNumber;
}
