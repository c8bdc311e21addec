import { annotateCheckRun } from "../github/annotations.ts";
import { renderCheckRun } from "../report/check-run.ts";
import { findPlaces } from "../run/find-places.ts";
import { changesSoFar, groundOf } from "../run/ground.ts";
import { opKeys } from "../run/op-keys.ts";
import type { Turn } from "./turn.ts";

/** Marks the lines of the repository that a failing job's log speaks of, on our check run and so beside the code; once for a SHA. */
export async function annotate(turn: Turn, sha: string, log: string): Promise<void> {
  const checkRunId = turn.effects.receiptOf(opKeys.checkRun(sha))?.["checkRunId"];
  if (typeof checkRunId !== "number" || turn.effects.receiptOf(opKeys.annotations(sha))) return;
  const places = findPlaces(log, await filesOf(turn));
  if (places.length === 0) return;
  await annotateCheckRun(turn.github, turn.effects, {
    opKey: opKeys.annotations(sha),
    checkRunId,
    ...renderCheckRun(turn.run()),
    annotations: places.map(({ path, line, message }) => ({
      path,
      start_line: line,
      end_line: line,
      annotation_level: "failure",
      message,
    })),
  });
}

/** What the head holds: the files below our steps, and ours. */
async function filesOf(turn: Turn): Promise<ReadonlySet<string>> {
  const ground = groundOf(turn.run());
  if (!ground) return new Set();
  const changes = changesSoFar(turn.run());
  const workspace = await turn.workspace(ground);
  return new Set([...(await workspace.list()), ...changes.map((change) => change.path)]);
}
