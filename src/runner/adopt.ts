import { fetchRunOfBranch } from "../github/facts/own-commit.ts";
import { openPull } from "../github/pull-request.ts";
import { renderPullTitle } from "../report/pull-request.ts";
import { opKeys } from "../run/op-keys.ts";
import { pullBody } from "./pull-body.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/**
 * What an earlier life of this very run has published, although the log knows nothing of it: Redis was lost. A branch appears after the
 * last step only, so it holds the whole work. Its head, or null when the branch is new or somebody else's.
 */
export async function findEarlierLife(turn: Turn): Promise<string | null> {
  const { id, request } = turn.run();
  const found = await fetchRunOfBranch(turn.github, request.branch);
  return found?.run === id ? found.sha : null;
}

/** Goes on where the earlier life was: the pull request is found, or opened, and CI proves its head as ever. Nothing is done twice. */
export async function adopt(turn: Turn, { sha }: { sha: string }): Promise<Progress> {
  const { base, request } = turn.run();
  if (!base) throw new Error("Adopting follows triage.");
  const pull = await openPull(turn.github, turn.effects, {
    opKey: opKeys.openPull,
    branch: request.branch,
    base: base.branch,
    title: renderPullTitle(turn.run(), "plain"),
    body: await pullBody(turn),
  });
  const published = { sha, branch: request.branch, pullNumber: pull.number, pullUrl: pull.url };
  await turn.record({ kind: "run.published", data: published });
  if (pull.state === "open" && pull.as === "ready") {
    await turn.record({ kind: "pull.made_ready", data: { sha } });
  }
  if (pull.state !== "open") {
    const because = `A person ${pull.state} the pull request.`;
    await turn.record({ kind: "run.ended", data: { outcome: pull.state, because } });
  }
  return goOn;
}
