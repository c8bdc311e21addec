import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { judgeAll } from "./crew.ts";
import { parseSeed } from "./faults.ts";
import { record } from "./moments.ts";
import { play } from "./play.ts";
import { replay } from "./replay.ts";
import { bySeed, isPublishing, oneCrash, oneOtherFault, secondCrash, type Unit } from "./schedules.ts";
import { createTable } from "./table.ts";

const usage = `npm run test:chaos                                every boundary, every kind of fault, all pairs on the publishing path
npm run test:chaos -- --schedules 2000 --seed 7   so many schedules of one to four faults, drawn by this seed
npm run test:chaos -- --replay b57-u91            one schedule again, call by call
  --threads N   how many threads judge (one for each core)`;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      replay: { type: "string" },
      schedules: { type: "string" },
      seed: { type: "string", default: "1" },
      threads: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(usage);
    return 0;
  }
  if (values.replay !== undefined) return replay(parseSeed(values.replay), say);
  const threads = positive(values.threads, "--threads");
  const begun = performance.now();
  const { played } = await record([]);
  const boundaries = played.outside.trace;
  const table = createTable(boundaries);
  const judged = (units: readonly Unit[]) => judgeAll(units, threads, table.add);
  if (values.schedules === undefined) {
    await judged(oneCrash(boundaries));
    await judged(await allPairs(boundaries));
    await judged(oneOtherFault(boundaries));
  } else {
    await judged(bySeed(positive(values.schedules, "--schedules"), Number(values.seed), boundaries.length));
  }
  for (const line of table.lines((performance.now() - begun) / 1_000, threads)) say(line);
  return table.failures() === 0 ? 0 : 1;
}

/** Which second crashes there are is known once the first one was played. */
async function allPairs(
  boundaries: Awaited<ReturnType<typeof record>>["played"]["outside"]["trace"],
): Promise<Unit[]> {
  const units: Unit[] = [];
  for (const unit of oneCrash(boundaries.filter(isPublishing))) {
    for (const [first] of unit.schedules) {
      if (!first) continue;
      const { outside } = await play([first]);
      units.push({ kind: "two crashes while publishing", schedules: secondCrash(first, outside.trace) });
    }
  }
  return units;
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option} wants a whole number above 0, not "${text}".`);
  return value;
}

process.exitCode = await main();
