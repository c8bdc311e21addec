import { setTimeout as wait } from "node:timers/promises";
import type { RepositoryHandle } from "../../demo/forge/forge.ts";
import { foldRun } from "../../src/run/evolve.ts";
import { until } from "../support/until.ts";
import { type Judgement, judge } from "./judge.ts";
import { createRandom } from "./random.ts";
import { holdsIn, type Kill, recoveries } from "./recovery.ts";
import type { NamedWorker, World } from "./world.ts";

export interface StormPlan {
  seed: number;
  workerKills: number;
  redisKills: number;
  /** before all kills, Redis stands still for so long each time (ms) */
  outagesMs: readonly number[];
  /** runs under way at any time */
  runsAtOnce: number;
  workers: number;
  say(line: string): void;
}

export interface StormReport extends Judgement {
  workerKills: number;
  redisKills: number;
  runs: number;
  /** questions of ours that were answered with `/agent retry`, as a person would */
  retries: number;
  /** from each kill, for each run that was held then, until another worker took it (ms) */
  recovery: number[];
  ms: number;
}

/** Lets Redis stand still, then kills at random moments, while runs come and go, then lets all of them end and looks at what stands. */
export async function storm(world: World, plan: StormPlan): Promise<StormReport> {
  const random = createRandom(plan.seed);
  const startedAt = Date.now();
  const runs = createRuns(world, plan);
  await runs.topUp();
  const fleet = await Promise.all(Array.from({ length: plan.workers }, () => world.startWorker()));
  for (const ms of plan.outagesMs) {
    await runs.topUp();
    plan.say(`Redis stands still for ${ms / 1_000} s; ${runs.all.length} runs asked for`);
    await world.redis.standStill(ms);
  }
  const kills: Kill[] = [];
  const coming: Promise<void>[] = [];
  const redisEvery = Math.max(1, Math.floor(plan.workerKills / plan.redisKills));
  let redisKills = 0;
  while (kills.length < plan.workerKills) {
    void runs.topUp();
    await wait(500 + random() * 3_000);
    await until("there is a worker to kill", async () => (fleet.length > 1 ? true : null));
    kills.push(await replace(world, fleet, Math.floor(random() * fleet.length), coming));
    if (kills.length % redisEvery === 0 && redisKills < plan.redisKills) {
      await wait(random() * 1_000);
      await world.redis.kill();
      await wait(random() * 500);
      await world.redis.restart();
      redisKills += 1;
    }
    if (kills.length % 10 === 0)
      plan.say(
        `${kills.length} workers and ${redisKills} times Redis killed; ${runs.all.length} runs asked for`,
      );
  }
  plan.say("no more kills; waiting for every run to end");
  await Promise.all(coming);
  await runs.untilAllRest();
  await Promise.all(fleet.map((worker) => worker.stop()));

  const report: StormReport = {
    doubles: [],
    lost: [],
    overBudget: [],
    workerKills: kills.length,
    redisKills,
    runs: runs.all.length,
    retries: runs.retries(),
    recovery: recoveries(holdsIn(await world.workerLog()), kills),
    ms: Date.now() - startedAt,
  };
  for (const repository of runs.all) {
    const found = await judge(world, repository);
    report.doubles.push(...found.doubles);
    report.lost.push(...found.lost);
    report.overBudget.push(...found.overBudget);
  }
  return report;
}

/** Kills one worker; its replacement is on its way, as a supervisor would have it, while the others go on. */
async function replace(
  world: World,
  fleet: NamedWorker[],
  at: number,
  coming: Promise<void>[],
): Promise<Kill> {
  const [victim] = fleet.splice(at, 1);
  if (!victim) throw new Error(`There is no worker ${at}.`);
  const moment = Date.now();
  await victim.kill();
  coming.push(world.startWorker().then((worker) => void fleet.push(worker)));
  return { worker: victim.name, at: moment };
}

function createRuns(world: World, plan: StormPlan) {
  const all: RepositoryHandle[] = [];
  const answered = new Set<string>();

  async function isAtRest({ id, owner }: RepositoryHandle): Promise<boolean> {
    const runId = await world.journal.runOfIssue(id, 1);
    if (runId === null) return false;
    const run = foldRun(await world.journal.read(runId));
    if (run.status === "awaiting_person" && run.asked) {
      // A run that met a crash five times in a row asks; a person says to go on.
      const question = `${runId} ${run.asked.at}`;
      if (!answered.has(question)) {
        answered.add(question);
        await world.forge.as("robin").comment(owner, "tally", 1, "/agent retry");
      }
      return false;
    }
    if (run.ended) return true;
    const told = Object.entries(run.effects).some(
      ([key, effect]) => key.startsWith("comment:result:") && effect.status === "done",
    );
    return run.status === "awaiting_merge" && told;
  }

  async function atWork(): Promise<number> {
    const rests = await Promise.all(all.map(isAtRest));
    return rests.filter((rests) => !rests).length;
  }

  let asking: Promise<void> | null = null;
  const askForMore = async () => {
    for (let free = plan.runsAtOnce - (await atWork()); free > 0; free--) all.push(await world.askForFix());
  };

  return {
    all,
    retries: () => answered.size,
    /** as many runs as are wanted at once; asking takes a while, and nobody has to wait for it */
    topUp(): Promise<void> {
      asking ??= askForMore().finally(() => {
        asking = null;
      });
      return asking;
    },
    untilAllRest: () =>
      until("every run rests", async () => ((await atWork()) === 0 ? true : null), {
        withinMs: 15 * 60_000,
      }).catch((error: unknown) => plan.say(String(error))),
  };
}
