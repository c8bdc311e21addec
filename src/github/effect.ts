import { createHash } from "node:crypto";
import { z } from "zod";
import { type AskPerson, TryLater } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { EffectRecord } from "../run/effect-record.ts";
import type { Receipt } from "../run/run.ts";
import { type Answer, readAnswer } from "./answer.ts";

export type { EffectRecord } from "../run/effect-record.ts";

export interface EffectSpec<R extends Receipt> {
  /** names this one write within its record: the same key is the same write, for ever */
  opKey: string;
  /** what kind of write, for the log and the audit trail: `comment.create` */
  op: string;
  /** what was asked for; its hash stands in the intent */
  args: object;
  /** what a receipt must carry; an older one that does not fit is looked for anew */
  receipt: z.ZodType<R>;
  /** asks GitHub whether the thing is there; null when it is not */
  look(): Promise<R | null>;
  /** the one call (or, for a commit, the calls whose repetition leaves nothing visible) */
  act(): Promise<R>;
  /**
   * Who keeps a second one out. `server`: GitHub refuses twins, or the write sets a state, so that a redo is harmless.
   * `marker`: only our own mark tells, so doubt waits the whole settle time before anything is done again.
   */
  key: "server" | "marker";
}

export interface EffectDeps {
  /** ms between a doubtful answer and the look that settles it */
  settleMs: number;
  sleep(ms: number): Promise<void>;
  now(): number;
  log: Logger;
  /** puts a refusal for good into a question for people */
  explain(answer: Extract<Answer, { kind: "refused" | "gone" | "already_there" }>, op: string): AskPerson;
}

const MOST_ACTS = 3;
const LOOKS_PER_DOUBT = 2;
/** A read replica is behind by about this much: enough where the server itself refuses twins. */
const SHORT_SETTLE_MS = 1_000;
/** 404 for what was made a moment ago ends within seconds (octokit.js #900); what is then still missing is gone. */
const FRESH_PAUSES_MS = [1_000, 3_000] as const;

/**
 * The one way in which anything is written to GitHub: at most once in effect, whatever crashes, repeats or answers late.
 * look → intent → is the lease ours? → one call → receipt. Before the call, on any doubt and after any crash, GitHub is asked and not our
 * memory: what is found is adopted, what is not is done, a bounded number of times.
 * Throws `LeaseLost`, `TryLater` (outage, rate limit), `AskPerson` (refused for good); other errors of `act` and `look` pass through.
 */
export async function effect<R extends Receipt>(
  record: EffectRecord,
  write: EffectSpec<R>,
  deps: EffectDeps,
): Promise<R> {
  const spec = { ...write, look: () => lookWhereItBelongs(write, deps) };
  const known = spec.receipt.safeParse(record.receiptOf(spec.opKey));
  if (known.success) return known.data;

  const settleMs = spec.key === "marker" ? deps.settleMs : Math.min(SHORT_SETTLE_MS, deps.settleMs);
  const finish = async (how: "made" | "adopted", receipt: R): Promise<R> => {
    await record.done({ opKey: spec.opKey, op: spec.op, how, receipt });
    return receipt;
  };

  const intend = () => record.intend({ opKey: spec.opKey, op: spec.op, argsHash: hashOf(spec.args) });
  const former = record.wasIntended(spec.opKey);
  if (former) {
    // A former life may have called; its request may even still be under way, hence the second look.
    const found = (await spec.look()) ?? (await lookAgain(spec, settleMs, 1, deps));
    if (found) return await finish("adopted", found);
  } else {
    // The first time too: people may have done it, or Redis may have forgotten the life in which it was done.
    const found = await spec.look();
    await intend();
    if (found) return await finish("adopted", found);
  }

  for (let act = 1; act <= MOST_ACTS; act++) {
    // A call that may be the second one is in the record as such: twins are swept later, and what was set is looked at once more.
    if (former || act > 1) await intend();
    const outcome = await attempt(spec, record, deps);
    if (outcome.kind === "made") return await finish("made", outcome.receipt);
    deps.log.warn(
      { op: spec.op, opKey: spec.opKey, act, doubt: outcome.answer },
      "a write needs a second look",
    );
    const found = outcome.answer.kind === "already_there" ? await spec.look() : null;
    // What exists and is not listed is listed later: a list may lag for half a minute.
    const patience = outcome.answer.kind === "already_there" ? deps.settleMs : settleMs;
    const settled = found ?? (await lookAgain(spec, patience, LOOKS_PER_DOUBT, deps));
    if (settled) return await finish("adopted", settled);
    if (outcome.answer.kind === "already_there") throw deps.explain(outcome.answer, spec.op);
  }
  throw new TryLater(`GitHub gave no clear answer to ${spec.op} in ${MOST_ACTS} calls`, 60_000);
}

/** Where the issue or the repository itself is gone, looking fails for the same reason as writing would. */
async function lookWhereItBelongs<R extends Receipt>(
  spec: EffectSpec<R>,
  deps: EffectDeps,
): Promise<R | null> {
  return againWhileNew(spec.look, deps).catch((error: unknown) => {
    const answer = readAnswer(error, deps.now());
    throw answer?.kind === "gone" ? deps.explain(answer, spec.op) : error;
  });
}

/** 404 did nothing, so calling again makes no twin: what was made a moment ago may not be everywhere yet. */
async function againWhileNew<T>(call: () => Promise<T>, deps: EffectDeps): Promise<T> {
  for (const pauseMs of FRESH_PAUSES_MS) {
    try {
      return await call();
    } catch (error) {
      const answer = readAnswer(error, deps.now());
      if (answer?.kind !== "gone" || answer.status !== 404) throw error;
      await deps.sleep(pauseMs);
    }
  }
  return await call();
}

type Outcome<R> =
  | { kind: "made"; receipt: R }
  | { kind: "doubt"; answer: Extract<Answer, { kind: "unclear" | "already_there" }> };

async function attempt<R extends Receipt>(
  spec: EffectSpec<R>,
  record: EffectRecord,
  deps: EffectDeps,
): Promise<Outcome<R>> {
  const act = () => {
    record.check();
    return spec.act();
  };
  try {
    const answer = spec.receipt.safeParse(await againWhileNew(act, deps));
    if (answer.success) return { kind: "made", receipt: answer.data };
    return {
      kind: "doubt",
      answer: { kind: "unclear", message: `an answer of another shape: ${z.prettifyError(answer.error)}` },
    };
  } catch (error) {
    const answer = readAnswer(error, deps.now());
    if (answer?.kind === "unclear" || answer?.kind === "already_there") return { kind: "doubt", answer };
    if (answer?.kind === "refused" || answer?.kind === "gone") throw deps.explain(answer, spec.op);
    throw error;
  }
}

/** Looks after each wait, until found or the looks are used up. */
async function lookAgain<R extends Receipt>(
  spec: EffectSpec<R>,
  settleMs: number,
  looks: number,
  deps: EffectDeps,
): Promise<R | null> {
  for (let look = 1; look <= looks; look++) {
    await deps.sleep(settleMs);
    const found = await spec.look();
    if (found) return found;
  }
  return null;
}

/** SHA-256 of the arguments, the same for the same content whatever the order of its keys. */
function hashOf(args: object): string {
  return createHash("sha256").update(JSON.stringify(args, sortKeys)).digest("hex");
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
