import { cleanLiteral } from "../run/clean-text.ts";
import { callTool } from "../tools/call-tool.ts";
import type { CheckRun, Tool, ToolContext, ToolResult } from "../tools/tool.ts";
import { shorten } from "./shorten.ts";
import type { ThinkingPort } from "./thinking-port.ts";
import type { TidyCall } from "./tidy-reply.ts";

/** All results of one answer together: about 30,000 tokens, so that many calls at once cannot fill the conversation. */
const mostCharacters = 120_000;

/** The tools that end a phase: alone in their turn, and nothing runs after them. */
const endingTools: ReadonlySet<string> = new Set(["finish_step", "submit_plan"]);

export interface ToolRound {
  /** one for each call, in order */
  results: readonly ToolResult[];
  /** the result that ended the phase, if one did */
  end: ToolResult | null;
}

interface Hands {
  tools: readonly Tool[];
  context: ToolContext;
  port: ThinkingPort;
  /** name of the check that proves the step; null while planning */
  provingCheck: string | null;
  onCheck(check: CheckRun): void;
}

/**
 * Runs the calls of one answer: neighbouring read-only ones side by side, the others one at a time in their order. Every call gets
 * a result that the model can read, the refused ones too. A step is not finished in the same answer in which its check
 * turned out red: the model did not know that yet.
 */
export async function runToolCalls(calls: readonly TidyCall[], hands: Hands): Promise<ToolRound> {
  const results: ToolResult[] = [];
  let end: ToolResult | null = null;
  let red: CheckRun | null = null;
  const limit = Math.floor(mostCharacters / calls.length);
  for (const group of groups(calls, hands.tools)) {
    const round: ToolResult[] = await runGroup(group, hands, { end, red, limit });
    for (const result of round) {
      results.push(result);
      if (result.check) hands.onCheck(result.check);
      if (result.check?.result.name === hands.provingCheck) {
        red = result.check.result.status === "passed" ? null : result.check;
      }
      if (result.finished || result.plan !== undefined) end ??= result;
    }
  }
  return { results, end };
}

async function runGroup(
  group: readonly TidyCall[],
  hands: Hands,
  soFar: { end: ToolResult | null; red: CheckRun | null; limit: number },
): Promise<ToolResult[]> {
  const late = soFar.end ? "This came after the end of the phase and was not run." : null;
  const settled = await Promise.allSettled(
    group.map((call) => runCall(call, hands, late ?? prematureEnd(call, soFar.red), soFar.limit)),
  );
  // All have ended before the first failure leaves: nothing runs on behind our back.
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

function groups(calls: readonly TidyCall[], tools: readonly Tool[]): TidyCall[][] {
  const together = (call: TidyCall) =>
    !endingTools.has(call.name) && tools.find((tool) => tool.name === call.name)?.access === "read";
  const all: TidyCall[][] = [];
  for (const call of calls) {
    const last = all.at(-1);
    if (last && together(call) && last.every(together)) last.push(call);
    else all.push([call]);
  }
  return all;
}

function prematureEnd(call: TidyCall, red: CheckRun | null): string | null {
  if (!red || !endingTools.has(call.name)) return null;
  return `Not finished: the check ${red.result.name} did not pass after your last edit, see above. Mend it first. If it cannot be mended, call ${call.name} again and say so.`;
}

function runCall(call: TidyCall, hands: Hands, refusal: string | null, limit: number): Promise<ToolResult> {
  const { id: callId, name, arguments: argumentsText } = call;
  const why = call.refusal ?? refusal;
  const run = async () => {
    if (why) return { status: "refused" as const, text: why, paths: [] };
    return readable(await callTool(hands.tools, { name, argumentsText }, hands.context), limit);
  };
  return hands.port.tool({ callId, name, argumentsText, run });
}

/** What the model reads has a limit and holds no hidden characters; where there were some, it says so. */
function readable(result: ToolResult, limit: number): ToolResult {
  const { text, hiddenSpans } = cleanLiteral(result.text);
  const note = `\n(${hiddenSpans} runs of hidden or control characters are left out here.)`;
  return { ...result, text: shorten(text, limit) + (hiddenSpans === 0 ? "" : note) };
}
