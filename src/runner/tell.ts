import { AskPerson } from "../errors.ts";
import { editComment } from "../github/comment.ts";
import { editPull } from "../github/pull-request.ts";
import { renderAuditTrail } from "../report/audit-trail.ts";
import { renderCostSummary } from "../report/cost-summary.ts";
import { renderNotice } from "../report/notice.ts";
import { renderProgress } from "../report/progress.ts";
import { lookAgainAt } from "../run/key-to-set.ts";
import { isOutOfReach } from "../run/lifecycle.ts";
import { opKeys } from "../run/op-keys.ts";
import { isEnded } from "../run/status.ts";
import { addComment } from "./add-comment.ts";
import { answerReviews } from "./answer-reviews.ts";
import { hash, newKey } from "./new-key.ts";
import { pullBody } from "./pull-body.ts";
import { tellCheckRun } from "./tell-check-run.ts";
import type { Turn } from "./turn.ts";

/**
 * Brings what people read up to what the log says. A view: it decides nothing, and does nothing when nothing is new.
 * Edits of the progress comment notify nobody; a question or a result is a comment of its own, once.
 */
export async function tell(turn: Turn): Promise<void> {
  if (isOutOfReach(turn.run())) return;
  const { issue } = turn.run().request;
  let refused: AskPerson | null = null;
  for (const part of [
    () => keepComment(turn, "progress", issue.number, renderProgress(turn.run())),
    () => tellCheckRun(turn),
    () => answerReviews(turn),
    () => (isResult(turn) ? tellResult(turn) : tellPull(turn)),
    () => tellNews(turn),
  ]) {
    await part().catch((error: unknown) => {
      // Where an issue is gone or locked, the pull request can still say how it ended; where checks may not be written, the issue can ask why.
      const { status } = turn.run();
      if (!(error instanceof AskPerson && (isEnded(status) || status === "awaiting_person"))) throw error;
      refused ??= error;
    });
  }
  if (refused) throw refused;
}

async function tellNews(turn: Turn): Promise<void> {
  const notice = renderNotice(turn.run());
  if (notice) await addComment(turn, notice.key, turn.run().request.issue.number, notice.body);
}

/** Good or bad, this is how far the run comes by itself. */
function isResult(turn: Turn): boolean {
  const { status, published } = turn.run();
  return published !== null && (status === "awaiting_merge" || isEnded(status));
}

/** Where CI leads to a question, the pull request says what CI answered, and not that it has not yet. */
async function tellPull(turn: Turn): Promise<void> {
  const { status, published, gate } = turn.run();
  if (status === "awaiting_person" && published && gate) await keepPullBody(turn, published.pullNumber);
}

/** The pull request's last word: its text with the proof, the cost, and at the very end the audit trail of all before it. */
async function tellResult(turn: Turn): Promise<void> {
  const { published } = turn.run();
  if (!published) return;
  await keepPullBody(turn, published.pullNumber);
  await keepComment(turn, "cost", published.pullNumber, renderCostSummary(turn.run()));
  if (!isTrailTold(turn) || mayBeOvertaken(turn, "audit")) {
    await keepComment(turn, "audit", published.pullNumber, renderAuditTrail(turn.run().id, turn.events()));
  }
}

/** Telling is in the log too, so the trail is up to date when nothing but telling has happened since. */
function isTrailTold(turn: Turn): boolean {
  const events = turn.events();
  const told = events.findLastIndex(
    (event) => event.kind === "effect.done" && event.data.opKey.startsWith(opKeys.comment("audit")),
  );
  const since = events.slice(told + 1);
  return told >= 0 && since.every((event) => /^(effect|lease)\./.test(event.kind));
}

/** A call that a former worker made may have set it back meanwhile. */
function mayBeOvertaken({ run, deps }: Turn, name: string): boolean {
  const at = lookAgainAt(run(), `${opKeys.comment(name)}:`, deps.twinsAfterMs);
  return at !== null && at <= deps.now();
}

async function keepPullBody(turn: Turn, number: number): Promise<void> {
  const body = await pullBody(turn);
  const opKey = newKey(turn, opKeys.editPull(hash(body)));
  if (opKey) await editPull(turn.github, turn.effects, { opKey, number, body });
}

/** One comment for the whole run, made once and edited in place when its text is another. */
async function keepComment(turn: Turn, name: string, number: number, body: string): Promise<void> {
  await addComment(turn, name, number, body);
  const opKey = newKey(turn, opKeys.editComment(name, hash(body)));
  const made = turn.effects.receiptOf(opKeys.comment(name));
  // One that was adopted may say what an earlier life had to say: its text is held against this one too.
  if (!opKey || !made) return;
  await editComment(turn.github, turn.effects, {
    opKey,
    commentId: Number(made["commentId"]),
    mark: { run: turn.run().id, op: name },
    body,
  });
}
