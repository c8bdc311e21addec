import { goOn, type Progress, type Turn } from "./turn.ts";

/**
 * Makes the workspace ready and looks at the untouched base: dependencies are installed, and each check is run once,
 * so that what was red before we came is known before money is spent, and shown beside the result.
 */
export async function prepare(turn: Turn): Promise<Progress> {
  const bench = await turn.workbench();
  const proving = turn
    .run()
    .checks.filter((check) => check.purpose === "proves" && check.where === "sandbox");
  for (const check of proving) await bench.runCheck("base", check.name);
  return goOn;
}
