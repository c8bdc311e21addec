import { PathRefused } from "../workspace/workspace.ts";
import { mustPropagate } from "./must-propagate.ts";
import { readArguments } from "./read-arguments.ts";
import type { Tool, ToolContext, ToolResult } from "./tool.ts";

/** About 6,000 tokens: more than a window of a file or a failing test needs. */
const mostChars = 24_000;

/**
 * Performs one call of the model. Whatever is wrong with it becomes a result that the model can read and act on; only what ends the
 * whole turn (a lost lease, a question for a person, an abort) is thrown.
 */
export async function callTool(
  tools: readonly Tool[],
  call: { name: string; argumentsText: string },
  context: ToolContext,
): Promise<ToolResult> {
  const tool = tools.find((each) => each.name === call.name);
  if (!tool) {
    const names = tools.map((each) => each.name).join(", ");
    return {
      status: "refused",
      text: `There is no tool "${call.name.slice(0, 60)}". The tools are: ${names}.`,
      paths: [],
    };
  }
  const read = readArguments(tool, call.argumentsText);
  if (!read.ok) return capped({ status: "refused", text: read.problem, paths: [] });
  try {
    return capped(await tool.run(read.value, context));
  } catch (error) {
    if (mustPropagate(error, context)) throw error;
    if (error instanceof PathRefused) return { status: "refused", text: error.message, paths: [] };
    const why = error instanceof Error ? error.message : String(error);
    return capped({ status: "failed", text: `${tool.name} failed: ${why}`, paths: [] });
  }
}

function capped(result: ToolResult): ToolResult {
  if (result.text.length <= mostChars) return result;
  const half = mostChars / 2;
  const cut = result.text.length - mostChars;
  const text = `${result.text.slice(0, half)}\n[… ${cut} characters left out …]\n${result.text.slice(-half)}`;
  return { ...result, text };
}
