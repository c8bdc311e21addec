import type { ToolCallRequest } from "./model.ts";

/**
 * Sees when a model goes round in circles. A call counts together with the state of the workspace in which it was made, so that
 * the same check after another edit is no repetition. `note` gives a sentence when the third same call comes, or A B A B.
 */
export function createLoopWatch(): { note(calls: readonly ToolCallRequest[], state: string): string | null } {
  const counts = new Map<string, number>();
  const recent: string[] = [];
  return {
    note(calls, state) {
      for (const call of calls) {
        const key = `${call.name} ${call.arguments.trim()} ${state}`;
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        if (count === 3)
          return `It called ${call.name} three times with the same arguments and nothing changed in between.`;
        recent.push(key);
        const [a, b, c, d] = recent.slice(-4);
        if (d !== undefined && a === c && b === d && a !== b) {
          return `It went back and forth between two calls, the last of them ${call.name}.`;
        }
      }
      return null;
    },
  };
}
