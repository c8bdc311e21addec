import type { CheckRun, ToolContext } from "../tools/tool.ts";
import { ask, type Question } from "./ask-model.ts";
import { createLoopWatch } from "./loop-watch.ts";
import type { Message } from "./model.ts";
import { runToolCalls } from "./run-tool-calls.ts";
import { tidyReply } from "./tidy-reply.ts";

export type { ThinkingPort } from "./thinking-port.ts";

export interface ThinkInput extends Question {
  /** e.g. `step 2, attempt 1`; also the last line of `opening` */
  phase: string;
  opening: string;
  maxTurns: number;
  toolContext: ToolContext;
  /** name of the check that proves the step: `finish_step` beside an edit ends the step at once when this one passed after it */
  endOnGreen?: string;
}

export type Thought =
  /** `lastCheck`: the newest run of the step's check, null unless it covers the workspace exactly as it stands now */
  | { ended: "finished"; summary: string; lastCheck: CheckRun | null }
  | { ended: "planned"; plan: unknown }
  | { ended: "stuck"; because: string }
  | { ended: "turns_used_up" };

/** A conversation that has grown beyond this is not going to end well, and no model reads it whole. */
const mostCharacters = 600_000;

/**
 * One phase of thinking: asks, runs the tools that the answer calls, and asks again with their results, until the phase is
 * finished, the turns are used up, or the model goes in circles. Messages are only ever added, so a provider's prompt cache hits.
 */
export async function think(input: ThinkInput): Promise<Thought> {
  const messages: Message[] = [{ role: "user", text: input.opening }];
  const watch = createLoopWatch();
  const workspaceState = () => JSON.stringify(input.toolContext.workspace.changes());
  let proof: { check: CheckRun; state: string } | null = null;
  let nudges = 0;

  for (let turn = 1; turn <= input.maxTurns; turn++) {
    const answer = await ask(input, messages);
    const { text, toolCalls } = tidyReply(answer, turn, input.maxOutputTokens);
    messages.push({ role: "assistant", text, toolCalls: toolCalls.map(({ refusal: _, ...call }) => call) });

    if (toolCalls.length === 0) {
      nudges += 1;
      if (nudges > 1)
        return { ended: "stuck", because: `It answered twice without calling a tool: ${inShort(text)}` };
      messages.push({ role: "user", text: nudge(answer.finish) });
      continue;
    }
    const circle = watch.note(toolCalls, workspaceState());
    if (circle) return { ended: "stuck", because: circle };

    const { results, end } = await runToolCalls(toolCalls, {
      ...input,
      context: input.toolContext,
      provingCheck: input.endOnGreen ?? null,
      onCheck: (check) => {
        const proves = check.result.name === (input.endOnGreen ?? check.result.name);
        if (proves) proof = { check, state: workspaceState() };
      },
    });
    if (end?.finished) {
      return {
        ended: "finished",
        summary: end.finished.summary,
        lastCheck: covering(proof, workspaceState()),
      };
    }
    if (end) return { ended: "planned", plan: end.plan };
    toolCalls.forEach((call, index) => {
      messages.push({ role: "tool", callId: call.id, text: results[index]?.text ?? "" });
    });
    if (size(messages) > mostCharacters)
      return { ended: "stuck", because: "The conversation of this attempt grew too long." };
  }
  return { ended: "turns_used_up" };
}

function covering(proof: { check: CheckRun; state: string } | null, state: string): CheckRun | null {
  return proof?.state === state ? proof.check : null;
}

function nudge(finish: string): string {
  const cut = finish === "length" ? "Your answer was cut off at the length limit. " : "";
  return `${cut}Only tool calls have an effect. Go on with the tools; when all is done, end the phase with its closing tool.`;
}

function inShort(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 200);
}

function size(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => {
    const calls = message.role === "assistant" ? message.toolCalls : [];
    return sum + message.text.length + calls.reduce((inner, call) => inner + call.arguments.length, 0);
  }, 0);
}
