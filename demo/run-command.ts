import { wordsFor } from "../src/report/words.ts";
import type { Run } from "../src/run/run.ts";
import { totalSpending } from "../src/run/spending.ts";
import { formatUsd } from "../src/run/usage.ts";
import { carryOut } from "./carry-out.ts";
import { unlessInterrupted } from "./interruption.ts";
import { type Options, readOptions } from "./options.ts";
import { exitCodeOf, resultOf } from "./result.ts";

/** `fixpoint run`: the main job without the show. The result goes to stdout, everything else to stderr; returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args, process.env, "none");
  return unlessInterrupted((interrupted) => run(options, interrupted));
}

async function run(options: Options, interrupted: AbortSignal): Promise<number> {
  const say = (line: string) => console.error(line);
  const done = await carryOut({ ...options, say }, () => undefined, null, interrupted);
  try {
    const result = await resultOf(done);
    if (options.output === "json") console.log(JSON.stringify(result));
    else console.log(inWords(done.run));
    return exitCodeOf(done);
  } finally {
    await done.stage.close();
  }
}

/** The stand-in for GitHub is gone when this is read, so nothing here points into it. */
function inWords(run: Run): string {
  const { sentence } = wordsFor(run);
  if (!run.published) return sentence;
  const { sha } = run.published;
  return `${sentence}\n${run.request.branch} at ${sha}, ${formatUsd(totalSpending(run).spent)} spent. --json gives the patch and everything else.`;
}
