import { exitWith } from "../src/cli/exit-with.ts";
import { carryOut } from "./carry-out.ts";
import { unlessInterrupted } from "./interruption.ts";
import { createKillScene } from "./kill-scene.ts";
import { readOptions } from "./options.ts";
import { provedOnForge } from "./proof.ts";
import { exitCodeOf } from "./result.ts";
import { createShow } from "./show.ts";

/** `npm run demo`: the main job with live progress, and at the end what it left behind. Exits 0 only when the forge itself says ready and green on that SHA. */
async function main(args: readonly string[], interrupted: AbortSignal): Promise<number> {
  const options = readOptions(args, process.env, "sample");
  const show = createShow(process.stdout);
  const scene = options.scene === "kill" ? createKillScene(show.say) : null;
  const done = await carryOut({ ...options, say: show.say }, show.event, scene, interrupted);
  try {
    const proof = await provedOnForge(done);
    await show.end(done, proof);
    const code = exitCodeOf(done);
    return code === 0 && proof.problems.length > 0 ? 1 : code;
  } finally {
    await done.stage.close();
  }
}

exitWith(unlessInterrupted((signal) => main(process.argv.slice(2), signal)));
