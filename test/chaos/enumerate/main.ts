import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { createRandom } from "../../kill/random.ts";
import { crashLoops } from "./crash-loops.ts";
import { judgeAll } from "./crew.ts";
import type { Schedule } from "./faults.ts";
import { playFrom, record } from "./moments.ts";
import type { Boundary } from "./outside.ts";
import { replay } from "./replay.ts";
import {
  bySeed,
  forgottenUnits,
  forgottenWrites,
  isPublishing,
  littleMoney,
  oneCrash,
  oneOtherFault,
  pairs,
  secondCrash,
  storms,
  type Unit,
} from "./schedules.ts";
import { calm, forgetful } from "./setting.ts";
import { createTable } from "./table.ts";

const usage = `npm run test:chaos                                every boundary and every kind of fault, pairs of crashes while publishing, storms, little money, a Redis that forgets
npm run test:chaos -- --schedules 2000 --seed 7   so many schedules drawn by this seed: storms, a Redis that forgets, and one to four faults anywhere
npm run test:chaos -- --replay b57-u91            one schedule again, call by call
  --threads N   how many threads judge (one for each core)
  --pairs N     how many of the pairs of crashes, drawn by the seed (5,000), or \`all\`
  --kind NAME   one row of the table only, such as "little money"`;

/** In thousandths of a dollar: by the worst that a call may cost, the cap is met at another call of the story each time. */
const budgets = [82, 84, 86, 88, 89, 91, 92] as const;
const ofStorms = 500;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      replay: { type: "string" },
      schedules: { type: "string" },
      seed: { type: "string", default: "1" },
      threads: { type: "string", default: String(availableParallelism()) },
      pairs: { type: "string", default: "5000" },
      kind: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(usage);
    return 0;
  }
  if (values.replay !== undefined) return replay(values.replay, say);
  const threads = positive(values.threads, "--threads");
  const seed = positive(values.seed, "--seed");
  const begun = performance.now();
  const boundaries = (await record(calm)).played.outside.trace;
  const table = createTable(boundaries);
  const judged = (units: readonly Unit[]) =>
    judgeAll(
      units.filter(({ kind }) => kind === (values.kind ?? kind)),
      threads,
      table.add,
    );
  if (values.schedules === undefined) {
    // Most schedules are known at once; while they are judged, this thread plays what tells the others.
    const known = judged([
      ...oneCrash(boundaries),
      ...oneOtherFault(boundaries),
      ...storms(ofStorms, seed, boundaries.length),
    ]);
    const isAsked = values.kind === undefined || values.kind === "two crashes while publishing";
    const couples = isAsked ? await allPairs(boundaries) : [];
    const wanted = values.pairs === "all" ? couples.length : positive(values.pairs, "--pairs");
    if (isAsked)
      table.note(
        `${Math.min(wanted, couples.length)} of the ${couples.length} pairs of crashes while publishing, by seed ${seed}`,
      );
    const told = [
      ...pairs(some(couples, wanted, seed)),
      ...(await crashLoops(boundaries)),
      ...(await moneyUnits()),
      ...forgottenUnits(await allForgotten()),
    ];
    await known;
    await judged(told);
  } else {
    const count = positive(values.schedules, "--schedules");
    const stormy = storms(Math.ceil(count / 60), seed, boundaries.length);
    const forgotten = forgottenUnits(some(await allForgotten(), Math.ceil(count / 40), seed));
    const drawn = [...stormy, ...forgotten].reduce((sum, { schedules }) => sum + schedules.length, 0);
    await judged([...stormy, ...forgotten, ...bySeed(Math.max(0, count - drawn), seed, boundaries.length)]);
  }
  for (const line of table.lines((performance.now() - begun) / 1_000, threads)) say(line);
  return table.failures() === 0 ? 0 : 1;
}

async function allForgotten(): Promise<Schedule[]> {
  const { played } = await record(forgetful);
  return forgottenWrites(played.outside.trace.slice(0, played.calls));
}

async function moneyUnits(): Promise<Unit[]> {
  const units: Unit[] = [];
  for (const budget of budgets) {
    const { played } = await record({ ...calm, budget });
    units.push(...littleMoney(budget, played.outside.trace));
  }
  return units;
}

/** Which second crashes there are is known once the first one was played. */
async function allPairs(boundaries: readonly Boundary[]): Promise<Schedule[]> {
  const couples: Schedule[] = [];
  const publishing = boundaries.filter(isPublishing);
  const recording = await record(
    calm,
    publishing.map(({ n }) => n),
  );
  for (const { schedules } of oneCrash(publishing)) {
    for (const [first] of schedules) {
      if (!first) continue;
      const { outside } = await playFrom(recording, [first]);
      couples.push(...secondCrash(first, outside.trace));
    }
  }
  return couples;
}

/** So many of them, drawn by a seed. */
function some(all: readonly Schedule[], count: number, seed: number): Schedule[] {
  const random = createRandom(seed);
  return all
    .map((schedule) => ({ schedule, lot: random() }))
    .toSorted((a, b) => a.lot - b.lot)
    .slice(0, count)
    .map(({ schedule }) => schedule);
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option} wants a whole number above 0, not "${text}".`);
  return value;
}

process.exitCode = await main();
