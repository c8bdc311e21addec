import type { ChangeSet } from "../run/change.ts";
import type { Limits } from "../run/request.ts";

/** The sentence that asks a person when a change grew past what the run may do, or null. `patch` is a unified diff. */
export function checkLimits(changes: ChangeSet, patch: string, limits: Limits): string | null {
  if (changes.length > limits.filesTouched) {
    return `The change touches ${changes.length} files; ${limits.filesTouched} are allowed. Split the issue, or raise the limit, then comment \`/agent retry\`.`;
  }
  const lines = patch.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line)).length;
  if (lines > limits.diffLines) {
    return `The change is ${lines} lines long; ${limits.diffLines} are allowed. Split the issue, or raise the limit, then comment \`/agent retry\`.`;
  }
  return null;
}
