import { sweepCheckRuns } from "../github/check-run.ts";
import { sweepComments } from "../github/comment.ts";
import { sweepReviewReplies } from "../github/review-reply.ts";
import { looksAhead } from "../run/key-to-set.ts";
import { isOutOfReach } from "../run/lifecycle.ts";
import { opKeys } from "../run/op-keys.ts";
import type { Receipt, Run } from "../run/run.ts";
import { commentsSince } from "./add-comment.ts";
import type { Turn } from "./turn.ts";

/** Kinds of which GitHub would keep two: nothing but our mark tells that they are one. */
const withoutKey: ReadonlySet<string> = new Set(["comment.create", "check_run.create", "review.reply"]);

interface Doubtful {
  opKey: string;
  op: string;
  receipt: Receipt;
  at: number;
}

/**
 * Looks for twins of writes that were called more than once: the first call may have been carried out after it was given up
 * (measured in a model of such faults: 14 of 100 schedules left two comments without this). Once for each write, a while after it.
 */
export async function sweepTwins(turn: Turn): Promise<void> {
  const { now, twinsAfterMs } = turn.deps;
  if (isOutOfReach(turn.run())) return;
  for (const doubtful of doubtfulWrites(turn.run())) {
    if (now() >= doubtful.at + twinsAfterMs) await sweep(turn, doubtful);
  }
}

/** When the run should be looked at again for that, and for what a late call may have set back; null when nothing is in doubt. */
export function twinsDueInMs(turn: Turn): number | null {
  const { now, twinsAfterMs } = turn.deps;
  if (isOutOfReach(turn.run())) return null;
  const run = turn.run();
  const twins = doubtfulWrites(run).map(({ at }) => Math.max(1, at + twinsAfterMs - now()));
  // What is due by now was told a moment ago, or is not told any more, such as the check run of a former head.
  const overtaken = looksAhead(run, twinsAfterMs)
    .map((at) => at - now())
    .filter((ms) => ms > 0);
  const due = [...twins, ...overtaken];
  return due.length > 0 ? Math.min(...due) : null;
}

function doubtfulWrites(run: Run): Doubtful[] {
  return Object.entries(run.effects).flatMap(([opKey, effect]) => {
    if (effect.status !== "done" || effect.calls < 2 || !withoutKey.has(effect.op)) return [];
    if (run.effects[opKeys.sweep(opKey)]?.status === "done") return [];
    return [{ opKey, op: effect.op, receipt: effect.receipt, at: effect.intendedAt }];
  });
}

async function sweep(turn: Turn, { opKey, op, receipt }: Doubtful): Promise<void> {
  const { id: run } = turn.run();
  const sweepKey = opKeys.sweep(opKey);
  const kept = Number(receipt["commentId"] ?? receipt["checkRunId"]);
  // Where the receipt's comment stands, as GitHub shows it: `…/issues/1#issuecomment-2`, `…/pull/3#discussion_r4`.
  const number = Number(/\/(?:issues|pull)\/(\d+)#/.exec(String(receipt["url"]))?.[1]);
  const [, first = "", second = ""] = opKey.split(":");
  if (op === "check_run.create") {
    const externalId = `${run}:${first.slice(0, 12)}`;
    await sweepCheckRuns(turn.github, turn.effects, { opKey: sweepKey, sha: first, externalId, kept });
  } else if (op === "review.reply" && kept > 0) {
    const mark = { run, op: `review-${first}-${second}` };
    const place = { opKey: sweepKey, pullNumber: number, thread: Number(second), mark, kept };
    await sweepReviewReplies(turn.github, turn.effects, place);
  } else if (op === "comment.create") {
    const mark = { run, op: opKey.slice(opKeys.comment("").length) };
    const since = commentsSince(turn.run());
    await sweepComments(turn.github, turn.effects, {
      opKey: sweepKey,
      issueNumber: number,
      mark,
      since,
      kept,
    });
  }
}
