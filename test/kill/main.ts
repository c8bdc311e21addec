import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "./random.ts";
import { quantile, seconds } from "./recovery.ts";
import { singleKills } from "./single.ts";
import { type StormReport, storm } from "./storm.ts";
import { createKillWorld } from "./world.ts";

/**
 * Real processes, killed for real: workers and Redis at random moments under many runs, which Redis has left alone before for 5, 20 and 60 s
 * (`--outages`); then one worker at a time on a quiet machine.
 * `npm run test:kill`, `-- --long` for 500 and 50; `--seed N` repeats the moments as far as real time allows. 0 only when nothing is
 * doubled, lost or over budget.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      long: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      kills: { type: "string" },
      "redis-kills": { type: "string" },
      outages: { type: "string", default: "5,20,60" },
      runs: { type: "string", default: "20" },
      workers: { type: "string", default: "3" },
      tries: { type: "string", default: "10" },
      sandbox: { type: "string", default: "none" },
    },
  });
  const seed = Number(values.seed);
  const workerKills = Number(values.kills ?? (values.long ? 500 : 100));
  const redisKills = Number(values["redis-kills"] ?? (values.long ? 50 : 10));
  const sandbox = values.sandbox === "bwrap" ? "bwrap" : "none";
  const cacheDir =
    process.env["FIXPOINT_CACHE_DIR"] ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fixpoint");
  const say = (line: string) => void process.stderr.write(`${line}\n`);

  let failed = false;
  if (workerKills > 0) {
    const runsAtOnce = Number(values.runs);
    const world = await createKillWorld({ sandbox, cacheDir, runsAtOnce });
    try {
      const workers = Number(values.workers);
      const outagesMs = (values.outages.match(/\d+/g) ?? []).map((each) => Number(each) * 1_000);
      const plan = { seed, workerKills, redisKills, outagesMs, runsAtOnce, workers, say };
      const report = await storm(world, plan);
      print(report, outagesMs);
      failed = report.doubles.length + report.lost.length + report.overBudget.length > 0;
    } finally {
      await world.close();
    }
  }
  const tries = Number(values.tries);
  if (tries > 0) {
    const world = await createKillWorld({ sandbox, cacheDir, runsAtOnce: 4 });
    try {
      const measured = await singleKills(world, { tries, random: createRandom(seed), say });
      out(
        `single kill with a standby, ${tries} tries: median ${seconds(quantile(measured, 0.5))}, worst ${seconds(Math.max(...measured))}`,
      );
    } finally {
      await world.close();
    }
  }
  return failed ? 1 : 0;
}

function out(line: string): void {
  process.stdout.write(`${line}\n`);
}

function print(report: StormReport, outagesMs: readonly number[]): void {
  const { recovery } = report;
  const rows: [string, string | number][] = [
    ["SIGKILLs of workers", report.workerKills],
    ["SIGKILLs of Redis", report.redisKills],
    ["Redis stood still for", outagesMs.map(seconds).join(", ") || "no time"],
    ["runs", report.runs],
    ["doubles", report.doubles.length],
    ["lost", report.lost.length],
    ["over budget", report.overBudget.length],
    ["answered with /agent retry", report.retries],
    ["recoveries measured", recovery.length],
    ["recovery p50", seconds(quantile(recovery, 0.5))],
    ["recovery p95", seconds(quantile(recovery, 0.95))],
    ["recovery max", seconds(Math.max(0, ...recovery))],
    ["time", seconds(report.ms)],
  ];
  for (const [name, value] of rows) out(`${name.padEnd(28)} ${value}`);
  for (const what of [...report.doubles, ...report.lost, ...report.overBudget]) out(`  ${what}`);
}

process.exitCode = await main();
