import { LeaseLost, TryLater } from "../errors.ts";
import { renderNotice } from "../report/notice.ts";
import type { Action } from "../run/action.ts";
import { decide, resumePoint } from "../run/decide.ts";
import type { EventData } from "../run/events.ts";
import { opKeys } from "../run/op-keys.ts";
import { type AskReason, askReasonSchema, isEnded } from "../run/status.ts";
import { adopt } from "./adopt.ts";
import { execute } from "./execute.ts";
import { makeDraft, makeReady } from "./make-ready.ts";
import { meetBase } from "./meet-base.ts";
import { classifySetback, openTurn } from "./open-turn.ts";
import { makePlan } from "./plan.ts";
import { planRepair } from "./plan-repair.ts";
import { prepare } from "./prepare.ts";
import { publish } from "./publish.ts";
import { readGateOnce } from "./read-gate.ts";
import { rerun } from "./rerun.ts";
import { sweepTwins, twinsDueInMs } from "./sweep-twins.ts";
import { takeReview } from "./take-review.ts";
import { tell } from "./tell.ts";
import { triage } from "./triage.ts";
import { goOn, type Progress, type RunnerDeps, type Turn } from "./turn.ts";

/**
 * Works on a run as far as it goes: decide, perform, record, again, until it waits or has ended.
 * Whoever holds the lease works; everybody else returns at once, so any number of hints may exist.
 * Throws `TryLater` when the run should be looked at again after a while; the queue does that.
 */
export function createRunner(deps: RunnerDeps) {
  return {
    async advance(runId: string, leaving: AbortSignal): Promise<void> {
      const lease = await deps.leases.take(runId);
      if (!lease) return;
      const { worker, epoch } = lease;
      deps.log.debug({ run: runId, worker, epoch }, "took the run");
      const turn = await openTurn(deps, lease, leaving).catch(async (error) => {
        await lease.release();
        throw error;
      });
      let quiet: { quietMs?: number } = {};
      try {
        await advanceUntilItWaits(turn);
        await turn.giveBack("it waits");
      } catch (error) {
        await turn.giveBack(error instanceof TryLater ? error.message : "it broke off");
        // The queue brings the run back then; until then the sweep need not.
        if (error instanceof TryLater) quiet = { quietMs: error.afterMs };
        throw error;
      } finally {
        await turn.close();
        await updateIndex(turn).catch((error) => deps.log.warn({ err: error, runId }, "index not updated"));
        await lease.release(quiet).catch(() => undefined);
        deps.log.debug({ run: runId, worker, epoch }, "gave the run back");
      }
    },
  };
}

async function advanceUntilItWaits(turn: Turn): Promise<void> {
  for (;;) {
    turn.mayContinue();
    await takeInbox(turn);
    const action = decide(turn.run());
    try {
      if (takesTime.has(action.do)) await tell(turn);
      const progress = await perform(action, turn);
      await updateIndex(turn);
      if (progress.next === "go_on") continue;
      await tell(turn);
      await sweepTwins(turn);
      const delays = [progress.afterMs, twinsDueInMs(turn)].filter((ms) => ms !== null);
      if (delays.length > 0) await turn.deps.hint(turn.run().id, { delayMs: Math.min(...delays) });
      return;
    } catch (error) {
      if ((await meetSetback(error, action, turn)) === "leave") return;
    }
  }
}

/** Before these, people are told how it stands. All others are over before anybody could read it, and GitHub counts what is written. */
const takesTime: ReadonlySet<Action["do"]> = new Set(["triage", "prepare", "plan", "execute", "publish"]);

function perform(action: Action, turn: Turn): Promise<Progress> {
  switch (action.do) {
    case "triage":
      return triage(turn);
    case "adopt":
      return adopt(turn, action);
    case "prepare":
      return prepare(turn);
    case "plan":
      return makePlan(turn, action);
    case "execute":
      return execute(turn, action);
    case "publish":
      return publish(turn);
    case "meet_base":
      return meetBase(turn);
    case "read_gate":
      return readGateOnce(turn);
    case "make_ready":
      return makeReady(turn, action);
    case "make_draft":
      return makeDraft(turn, action);
    case "rerun":
      return rerun(turn, action);
    case "plan_repair":
      return planRepair(turn, action);
    case "take_review":
      return takeReview(turn, action);
    case "ask":
      return recordAndGoOn(turn, { kind: "person.asked", data: askData(action) });
    case "end":
      return recordAndGoOn(turn, {
        kind: "run.ended",
        data: { outcome: action.outcome, because: action.because },
      });
    case "wait":
      return Promise.resolve({ next: "park", afterMs: null });
    default:
      return action satisfies never;
  }
}

async function recordAndGoOn(turn: Turn, event: Parameters<Turn["record"]>[0]): Promise<Progress> {
  await turn.record(event);
  return goOn;
}

function askData({ reason, question, resumeAt }: Extract<Action, { do: "ask" }>): EventData<"person.asked"> {
  return { reason, question, resumeAt };
}

/** Commands and closings that came in since: into the log first, out of the inbox after, so that a crash between repeats nothing. */
async function takeInbox(turn: Turn): Promise<void> {
  const { journal } = turn.deps;
  const entries = await journal.inbox(turn.run().id);
  if (entries.length === 0) return;
  const known = new Set(turn.run().commands.map((command) => command.deliveryId));
  for (const entry of entries) {
    if (known.has(entry.deliveryId)) continue;
    if (entry.command === "retry") await raiseBudget(turn);
    await turn.record({ kind: "command.received", data: entry });
  }
  await journal.clearInbox(
    turn.run().id,
    entries.map((entry) => entry.deliveryId),
  );
}

/** A retry after "the money is used up" gets what the operator allows now, unless the repository itself allows less. */
async function raiseBudget(turn: Turn): Promise<void> {
  const { asked, limits, request } = turn.run();
  const { nanoUsd } = turn.deps.limits;
  if (asked?.reason !== "budget" || limits.nanoUsd !== request.limits.nanoUsd || nanoUsd <= limits.nanoUsd)
    return;
  await turn.record({
    kind: "budget.raised",
    data: { nanoUsd, because: "the operator raised FIXPOINT_BUDGET_USD" },
  });
}

async function meetSetback(error: unknown, action: Action, turn: Turn): Promise<"go_on" | "leave"> {
  const setback = classifySetback(error, turn);
  const { log } = turn.deps;
  switch (setback.kind) {
    case "hand_back":
      throw setback.error;
    case "stopped":
      return "go_on"; // the inbox says why, and is read next
    case "ask": {
      const reason = askReasonSchema.catch("internal").parse(setback.error.reason);
      return ask(turn, reason, setback.error.question);
    }
    case "defect":
      log.error({ err: setback.error, run: turn.run().id, action: action.do }, "a phase broke");
      return ask(
        turn,
        "internal",
        `Something in Fixpoint itself broke while I was at "${action.do}". An operator finds the details in the worker's log. Comment \`/agent retry\` to go on from the last checkpoint.`,
      );
    default:
      return setback satisfies never;
  }
}

async function ask(turn: Turn, reason: AskReason, question: string): Promise<"go_on" | "leave"> {
  if (isEnded(turn.run().status)) {
    turn.deps.log.warn({ run: turn.run().id, question }, "the run has ended and nobody could be told");
    return "leave";
  }
  if (turn.run().status === "awaiting_person") {
    // Telling people is what failed; the question stands in the log, and the next hint tries to tell it again.
    if (isTold(turn)) return "leave";
    throw new TryLater(`Could not tell people: ${question}`, 30_000);
  }
  await turn.record({ kind: "person.asked", data: { reason, question, resumeAt: resumePoint(turn.run()) } });
  return "go_on";
}

/** The question stands on the issue, and only something beside it could not be written. */
function isTold(turn: Turn): boolean {
  const notice = renderNotice(turn.run());
  return notice !== null && turn.effects.receiptOf(opKeys.comment(notice.key)) !== null;
}

async function updateIndex(turn: Turn): Promise<void> {
  const run = turn.run();
  if (turn.lease.signal.aborted) throw new LeaseLost("The lease ran out.");
  await turn.deps.journal.index(run.id, {
    status: run.status,
    sha: run.published?.sha ?? null,
    branch: run.request.branch,
    ended: isEnded(run.status),
    hash: run.head,
  });
}
