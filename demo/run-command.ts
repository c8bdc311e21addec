import { BadConfiguration } from "../src/errors.ts";
import { carryOut } from "./carry-out.ts";
import { readOptions } from "./options.ts";
import { exitCodeOf, resultOf } from "./result.ts";

/** `fixpoint run`: the main job without the show. The result goes to stdout, everything else to stderr; returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args, process.env, "none");
  if (options.scene !== "plain") throw new BadConfiguration(["--scene belongs to `npm run demo`."]);
  const done = await carryOut({ ...options, say: (line) => console.error(line) }, () => undefined, null);
  try {
    const result = await resultOf(done);
    if (options.output === "json") console.log(JSON.stringify(result));
    else console.log(`${result.status}: ${result.because ?? result.pullRequest ?? result.branch}`);
    return exitCodeOf(done);
  } finally {
    await done.stage.close();
  }
}
