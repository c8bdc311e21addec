import { setTimeout as wait } from "node:timers/promises";
import { foldRun } from "../../src/run/evolve.ts";
import { until } from "../support/until.ts";
import type { World } from "./world.ts";

/**
 * One run, two workers: the one at work is killed at a random moment, the other has nothing else to do. Gives for each try how long it took
 * until that one had written the next event (ms).
 */
export async function singleKills(
  world: World,
  options: { tries: number; random: () => number; say(line: string): void },
): Promise<number[]> {
  const measured: number[] = [];
  world.model.setLatency(1_500);
  let fleet = [await world.startWorker(), await world.startWorker()];
  while (measured.length < options.tries) {
    const repository = await world.askForFix();
    const runId = await until("the run has begun", () => world.journal.runOfIssue(repository.id, 1));
    await until("a worker is at work", async () => foldRun(await world.journal.read(runId)).heldBy);
    await wait(options.random() * 4_000);
    const { heldBy, status } = foldRun(await world.journal.read(runId));
    const victim = fleet.find((worker) => worker.name === heldBy);
    if (victim && status !== "awaiting_merge") {
      const at = Date.now();
      await victim.kill();
      const next = await until(
        "another worker goes on",
        async () => (await world.journal.read(runId)).find((event) => event.at > at) ?? null,
      );
      measured.push(next.at - at);
      options.say(`kill ${measured.length}: ${((measured.at(-1) ?? 0) / 1_000).toFixed(1)} s`);
      fleet = [...fleet.filter((worker) => worker !== victim), await world.startWorker()];
    }
    await until(
      "the run rests",
      async () => foldRun(await world.journal.read(runId)).status === "awaiting_merge" || null,
    );
  }
  for (const worker of fleet) await worker.stop();
  return measured.slice(0, options.tries);
}
