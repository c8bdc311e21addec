import { createHash } from "node:crypto";
import type { ThinkingPort } from "../agent/loop.ts";
import type { ModelReply, ModelRequest } from "../agent/model.ts";
import { costOf, worstCase } from "../agent/prices.ts";
import { AskPerson } from "../errors.ts";
import { mayReserve } from "../run/budget.ts";
import type { Usage } from "../run/usage.ts";
import type { ToolResult } from "../tools/tool.ts";
import type { Turn } from "./turn.ts";

/**
 * How a conversation with the model reaches the log: money is reserved before a call and settled after, every tool call is recorded.
 * An answer that the log holds already for the very same request is used again, so a crash repeats no model call:
 * after it the conversation is led once more, word for word, up to where it broke off.
 */
export function createThinkingPort(turn: Turn, phase: string): ThinkingPort {
  const { blobs, now, prices } = turn.deps;
  const before = recordedIn(turn, phase);
  let calls = before.answers.size;

  return {
    async before(request) {
      turn.mayContinue();
      const requestDigest = digestOf(request);
      const answer = before.answers.get(requestDigest);
      if (answer) return { callId: "recalled", recalled: parseReply(await blobs.getText(answer)) };
      const worst = worstCase(request, prices);
      const room = mayReserve(turn.run(), worst);
      if (room.verdict === "deny") throw new AskPerson("budget", budgetQuestion(room.because));
      calls += 1;
      const callId = `${phase} #${calls} e${turn.lease.epoch}`;
      const { model } = request;
      await turn.record({
        kind: "model.reserved",
        data: { callId, phase, model, requestDigest, nanoUsd: worst },
      });
      return { callId, recalled: null };
    },

    async after({ callId, request, outcome, ms }) {
      const reply = "reply" in outcome ? outcome.reply : null;
      const failure = "failure" in outcome ? outcome.failure : null;
      const usage: Usage = reply?.usage ?? failure?.usage ?? noUsage;
      await turn.record({
        kind: "model.settled",
        data: {
          callId,
          phase,
          model: request.model,
          requestDigest: digestOf(request),
          answerDigest: reply ? await blobs.put(JSON.stringify(reply)) : null,
          usage,
          nanoUsd: costOf(request.model, usage, prices),
          ms: Math.round(ms),
          failure: failure?.message ?? null,
        },
      });
    },

    async tool({ callId, name, argumentsText, run }) {
      const argumentsDigest = await blobs.put(argumentsText);
      const recorded = before.tools.get(`${callId} ${argumentsDigest}`);
      const startedAt = now();
      const result = await run();
      if (recorded && recorded.status === result.status) {
        return { ...result, text: await blobs.getText(recorded.resultDigest) };
      }
      await turn.record({
        kind: "tool.called",
        data: {
          phase,
          callId,
          name,
          argumentsDigest,
          resultDigest: await blobs.put(result.text),
          status: result.status,
          ms: now() - startedAt,
          paths: [...result.paths],
        },
      });
      return result;
    },
  };
}

const noUsage: Usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, counted: "by_provider" };

interface Recorded {
  answers: Map<string, string>;
  tools: Map<string, { status: ToolResult["status"]; resultDigest: string }>;
}

/** What a former worker recorded of this same phase. */
function recordedIn(turn: Turn, phase: string): Recorded {
  const recorded: Recorded = { answers: new Map(), tools: new Map() };
  for (const event of turn.events()) {
    if (event.kind === "model.settled" && event.data.phase === phase && event.data.answerDigest) {
      recorded.answers.set(event.data.requestDigest, event.data.answerDigest);
    }
    if (event.kind === "tool.called" && event.data.phase === phase) {
      const { callId, argumentsDigest, status, resultDigest } = event.data;
      recorded.tools.set(`${callId} ${argumentsDigest}`, { status, resultDigest });
    }
  }
  return recorded;
}

function parseReply(text: string): ModelReply {
  return JSON.parse(text) as ModelReply; // our own blob, verified by its digest
}

function digestOf(request: ModelRequest): string {
  return createHash("sha256").update(JSON.stringify(request)).digest("hex");
}

function budgetQuestion(because: string): string {
  return `${because} I stop before spending more than was allowed. What is done so far is kept. An operator can raise the cap (FIXPOINT_BUDGET_USD); then comment \`/agent retry\`.`;
}
