import { styleText } from "node:util";
import { describeEvent } from "../src/report/audit-trail.ts";
import { renderCostSummary } from "../src/report/cost-summary.ts";
import { renderPullBody, renderPullTitle } from "../src/report/pull-request.ts";
import { wordsFor } from "../src/report/words.ts";
import type { RunEvent } from "../src/run/events.ts";
import { totalSpending } from "../src/run/spending.ts";
import { formatUsd } from "../src/run/usage.ts";
import type { CarriedOut, Watcher } from "./carry-out.ts";
import { narrate } from "./narrate.ts";
import { phaseTimes } from "./phase-times.ts";
import { plainTable } from "./plain-table.ts";
import type { Proof } from "./proof.ts";

type Style = Parameters<typeof styleText>[0];

/** What a person at a terminal sees: one line for each thing that happened, then what it all came to. */
export function createShow(out: Pick<NodeJS.WriteStream, "write" | "isTTY">): {
  say(line: string): void;
  event: Watcher;
  end(done: CarriedOut, proof: Proof): Promise<void>;
} {
  const startedAt = Date.now();
  const colours = out.isTTY && !process.env["NO_COLOR"];
  const paint = (style: Style, text: string) => (colours ? styleText(style, text) : text);
  const print = (text = "") => out.write(`${text}\n`);
  const clock = () => paint("dim", `${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s`);
  const line = (mark: string, text: string) => print(`${clock()}  ${mark} ${text}`);
  const title = (text: string) => print(`\n${paint("bold", text)}\n`);
  let lastSaid = "";

  return {
    say: (text) => line(paint("dim", "·"), paint("dim", text)),
    event(event, run) {
      const said = narrate(event, run);
      // CI is read again and again, and mostly says the same.
      if (!said || said.text === lastSaid) return;
      lastSaid = said.text;
      line(paint(said.style, said.mark), said.text);
    },
    async end(done, proof) {
      const { run, events, ms, kills } = done;
      title(run.published ? "The pull request" : "How it stands");
      print(run.published ? pullRequest(done) : await standstill(done));
      title("The audit trail");
      for (const event of events) print(auditLine(event, events[0]?.at ?? event.at));
      print(`\n${events.length} events, hash-chained; head digest sha256:${run.head}`);
      title("The cost");
      print(plainTable(renderCostSummary(run)));
      title("The time");
      print(timeTable(done, startedAt));
      title("The proof, asked of the forge and not of Fixpoint");
      for (const fact of proof.facts) print(`  ${paint("green", "✓")} ${fact}`);
      for (const problem of proof.problems) print(`  ${paint("red", "✗")} ${problem}`);
      const outcome = proof.problems.length === 0 ? paint("green", "Done") : paint("red", "Not done");
      const crash = kills > 0 ? `, ${kills} worker killed on the way` : "";
      print(
        `\n${outcome} in ${(ms / 1_000).toFixed(1)} s${crash}; ${formatUsd(totalSpending(run).spent)} spent.`,
      );
    },
  };
}

/** The forge ends with the demo, so its address would lead nowhere: what stands there is shown here. */
function pullRequest({ run, stage }: CarriedOut): string {
  const { owner, name } = stage.repository;
  const heading = `${owner}/${name} #${run.published?.pullNumber}: ${renderPullTitle(run, "plain")}`;
  return `${heading}\n\n${renderPullBody(run, { template: null, sandbox: "bwrap" })}`;
}

/** Without a pull request: why it goes no further, and what the check printed that failed last. */
async function standstill({ run, events, stage }: CarriedOut): Promise<string> {
  const { sentence } = wordsFor(run);
  const failed = events.findLast(
    (event) => event.kind === "check.ran" && event.data.result.status !== "passed",
  );
  if (failed?.kind !== "check.ran") return sentence;
  const { name, outputDigest } = failed.data.result;
  const output = await stage.blobs.getText(outputDigest);
  const tail = output.trimEnd().split("\n").slice(-20).join("\n  ");
  return `${sentence}\n\nThe check ${name} failed last (${failed.data.phase}). The end of what it printed:\n\n  ${tail}`;
}

/** The line of the audit trail, without Markdown. */
function auditLine(event: RunEvent, startedAt: number): string {
  const seconds = ((event.at - startedAt) / 1_000).toFixed(1).padStart(6);
  const what = describeEvent(event).replace(/[`*]|\u200b/g, "");
  return `${String(event.seq).padStart(4)} ${seconds} s  ${event.kind.padEnd(18)} ${what}`;
}

function timeTable({ events }: CarriedOut, startedAt: number): string {
  const first = events[0]?.at ?? startedAt;
  const rows = [
    { phase: "preparing Redis, forge and Fixpoint", ms: first - startedAt },
    ...phaseTimes(events),
  ];
  return rows
    .map(({ phase, ms }) => `${phase.padEnd(36)}${(ms / 1_000).toFixed(1).padStart(7)} s`)
    .join("\n");
}
