import { createHash } from "node:crypto";
import { ensureCheckRun, updateCheckRun } from "../github/check-run.ts";
import { editComment, ensureComment } from "../github/comment.ts";
import { editPull } from "../github/pull-request.ts";
import { renderAuditTrail } from "../report/audit-trail.ts";
import { renderCheckRun } from "../report/check-run.ts";
import { renderCostSummary } from "../report/cost-summary.ts";
import { renderNotice } from "../report/notice.ts";
import { renderProgress } from "../report/progress.ts";
import { opKeys } from "../run/op-keys.ts";
import { isEnded } from "../run/status.ts";
import { pullBody } from "./pull-body.ts";
import type { Turn } from "./turn.ts";

/**
 * Brings what people read up to what the log says. A view: it decides nothing, and does nothing when nothing is new.
 * Edits of the progress comment notify nobody; a question or a result is a comment of its own, once.
 */
export async function tell(turn: Turn): Promise<void> {
  await keepComment(turn, "progress", turn.run().request.issue.number, renderProgress(turn.run()));
  await tellCheckRun(turn);
  if (isResult(turn)) await tellResult(turn);
  const notice = renderNotice(turn.run());
  if (notice) await addComment(turn, notice.key, turn.run().request.issue.number, notice.body);
}

/** Good or bad, this is how far the run comes by itself. */
function isResult(turn: Turn): boolean {
  const { status, published } = turn.run();
  return published !== null && (status === "awaiting_merge" || isEnded(status));
}

/** The pull request's last word: its text with the proof, the cost, and at the very end the audit trail of all before it. */
async function tellResult(turn: Turn): Promise<void> {
  const { published } = turn.run();
  if (!published) return;
  const body = await pullBody(turn);
  await editPull(turn.github, turn.effects, {
    opKey: opKeys.editPull(hash(body)),
    number: published.pullNumber,
    body,
  });
  await keepComment(turn, "cost", published.pullNumber, renderCostSummary(turn.run()));
  // A run's own last writes are events too: the trail is told once for each status, and names the event it goes up to.
  const told = `audit-of-${turn.run().status}-${published.sha.slice(0, 12)}`;
  if (!turn.effects.receiptOf(opKeys.comment(told))) {
    await addComment(turn, told, published.pullNumber, renderAuditTrail(turn.run().id, turn.events()));
  }
}

/** One comment for the whole run, made once and edited in place. */
async function keepComment(turn: Turn, name: string, number: number, body: string): Promise<void> {
  const mark = { run: turn.run().id, op: name };
  const opKey = opKeys.comment(name);
  const existing = turn.effects.receiptOf(opKey);
  if (!existing) {
    await addComment(turn, name, number, body);
    return;
  }
  const commentId = Number(existing["commentId"]);
  const edit = opKeys.editComment(name, hash(body));
  if (lastBody(turn, name) === edit) return;
  await editComment(turn.github, turn.effects, { opKey: `${edit}:${turn.run().seq}`, commentId, mark, body });
}

/** The key of the last edit of this comment: the same text is not sent twice. */
function lastBody(turn: Turn, name: string): string | null {
  const prefix = `${opKeys.comment(name)}:`;
  const edits = Object.keys(turn.run().effects).filter((opKey) => opKey.startsWith(prefix));
  return edits.at(-1)?.split(":").slice(0, 3).join(":") ?? null;
}

async function addComment(turn: Turn, name: string, number: number, body: string): Promise<void> {
  const { id, startedAt } = turn.run();
  await ensureComment(turn.github, turn.effects, {
    opKey: opKeys.comment(name),
    issueNumber: number,
    mark: { run: id, op: name },
    body,
    since: new Date(startedAt - 60_000).toISOString(),
  });
}

async function tellCheckRun(turn: Turn): Promise<void> {
  const { published, id } = turn.run();
  if (!published) return;
  const rendered = renderCheckRun(turn.run());
  const made = await ensureCheckRun(turn.github, turn.effects, {
    opKey: opKeys.checkRun(published.sha),
    sha: published.sha,
    externalId: `${id}:${published.sha.slice(0, 12)}`,
    ...rendered,
  });
  await updateCheckRun(turn.github, turn.effects, {
    opKey: opKeys.updateCheckRun(published.sha, hash(JSON.stringify(rendered))),
    checkRunId: made.checkRunId,
    ...rendered,
  });
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
