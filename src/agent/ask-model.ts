import { AskPerson, TryLater } from "../errors.ts";
import { declarationOf } from "../tools/declaration.ts";
import type { Tool } from "../tools/tool.ts";
import {
  type Message,
  type Model,
  ModelFailure,
  type ModelReply,
  type ModelRequest,
  mayBeBilled,
} from "./model.ts";
import type { ThinkingPort } from "./thinking-port.ts";

export interface Question {
  model: string;
  system: string;
  tools: readonly Tool[];
  maxOutputTokens: number;
  port: ThinkingPort;
  complete: Model;
  signal: AbortSignal;
}

/**
 * One answer: reserved before and settled after, or recalled. An unusable answer, and one that may have been billed and never came, is settled
 * and asked for once more, with a reservation of its own. Every other failure leaves as what the run does next: `AskPerson`, `TryLater`, or
 * the reason for which we were stopped.
 */
export async function ask(question: Question, messages: readonly Message[]): Promise<ModelReply> {
  const { port, complete, signal } = question;
  const request: ModelRequest = {
    model: question.model,
    system: question.system,
    tools: question.tools.map(declarationOf),
    messages: [...messages],
    maxOutputTokens: question.maxOutputTokens,
  };
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const { callId, recalled } = await port.before(request);
    if (recalled) return recalled;
    const started = performance.now();
    const outcome = await outcomeOf(complete.complete(request, signal));
    const ms = Math.round(performance.now() - started);
    if ("reply" in outcome) {
      await port.after({ callId, request, outcome, ms });
      return outcome.reply;
    }
    const { failure, thrown } = outcome;
    await port.after({ callId, request, outcome: { failure }, ms });
    const again = failure.next === "reject" || (failure.next === "retry" && mayBeBilled(failure));
    if (again && attempt === 1) continue;
    if (failure.next === "abort") throw signal.aborted ? signal.reason : failure;
    if (thrown instanceof TryLater) throw thrown;
    const question = `${failure.message} Then comment \`/agent retry\`, and I go on from here.`;
    throw new AskPerson("model_unavailable", question, { cause: thrown });
  }
}

type Outcome = { reply: ModelReply } | { failure: ModelFailure; thrown: unknown };

async function outcomeOf(call: Promise<ModelReply>): Promise<Outcome> {
  try {
    return { reply: await call };
  } catch (thrown) {
    if (thrown instanceof ModelFailure) return { failure: thrown, thrown };
    // A patient model parks the run; the failure behind it is what gets settled.
    if (thrown instanceof TryLater && thrown.cause instanceof ModelFailure) {
      return { failure: thrown.cause, thrown };
    }
    // A defect. The reservation stays open, and so counts in full.
    throw thrown;
  }
}
