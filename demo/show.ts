import { styleText } from "node:util";
import { describeEvent } from "../src/report/audit-trail.ts";
import { renderCostSummary } from "../src/report/cost-summary.ts";
import { renderPullBody } from "../src/report/pull-request.ts";
import type { RunEvent } from "../src/run/events.ts";
import type { Run } from "../src/run/run.ts";
import { totalSpending } from "../src/run/spending.ts";
import { formatUsd } from "../src/run/usage.ts";
import type { CarriedOut, Watcher } from "./carry-out.ts";
import type { Proof } from "./proof.ts";

type Style = Parameters<typeof styleText>[0];

/** What a person at a terminal sees: one line for each thing that happened, then what it all came to. */
export function createShow(out: NodeJS.WriteStream): {
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

  return {
    say: (text) => line(paint("dim", "·"), paint("dim", text)),
    event(event, run) {
      const said = describe(event, run);
      if (said) line(paint(said.style, said.mark), said.text);
    },
    async end({ run, events, ms, kills }, proof) {
      title("The pull request");
      print(`${proof.pullRequest}\n`);
      print(renderPullBody(run, { template: null, sandbox: "bwrap" }));
      title("The audit trail");
      for (const event of events) print(auditLine(event, events[0]?.at ?? event.at));
      print(`\n${events.length} events, hash-chained; head digest sha256:${run.head}`);
      title("The cost");
      print(plainTable(renderCostSummary(run)));
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

/** The line of the audit trail, without Markdown. */
function auditLine(event: RunEvent, startedAt: number): string {
  const seconds = ((event.at - startedAt) / 1_000).toFixed(1).padStart(6);
  const what = describeEvent(event).replace(/[`*]|\u200b/g, "");
  return `${String(event.seq).padStart(4)} ${seconds} s  ${event.kind.padEnd(18)} ${what}`;
}

/** Markdown tables with their columns aligned, and no other marks, for a terminal. */
function plainTable(markdown: string): string {
  const lines = markdown
    .replace(/\*\*|<\/?sub>|`/g, "")
    .split("\n")
    .filter((line) => !/^\|[-:|]+\|$/.test(line));
  const rows = lines.map((line) =>
    line.startsWith("|")
      ? line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim())
      : null,
  );
  const widths = rows.reduce<number[]>(
    (most, row) => (row ? row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)) : most),
    [],
  );
  return lines
    .map((line, index) => {
      const row = rows[index];
      if (!row) return line;
      const pad = (cell: string, column: number) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
      return row.map(pad).join("   ");
    })
    .join("\n");
}

interface Said {
  mark: string;
  style: Style;
  text: string;
}

/** Only what a person wants to watch; everything else stands in the audit trail. */
function describe(event: RunEvent, run: Run): Said | null {
  const good = (text: string): Said => ({ mark: "✓", style: "green", text });
  const bad = (text: string): Said => ({ mark: "✗", style: "red", text });
  const neutral = (text: string): Said => ({ mark: "▸", style: "cyan", text });
  switch (event.kind) {
    case "run.requested":
      return neutral(
        `${event.data.requestedBy.login} asks for issue #${event.data.issue.number}: ${event.data.issue.title}`,
      );
    case "lease.taken":
      return run.workers.length > 1 && run.workers.at(-2) !== event.data.worker
        ? neutral(`another worker goes on with the run: ${event.data.worker}`)
        : null;
    case "run.triaged":
      return good(
        `triaged: base ${event.data.base.sha.slice(0, 10)}, checks ${event.data.checks.map((check) => check.name).join(", ")}`,
      );
    case "setup.finished":
      return event.data.status === "failed"
        ? bad("dependencies could not be installed")
        : good(`workspace ready (${event.data.ms} ms)`);
    case "check.ran": {
      const { name, status, ms } = event.data.result;
      const text = `check ${name} ${status.replaceAll("_", " ")} in the sandbox (${event.data.phase}, ${ms} ms)`;
      return status === "passed" ? good(text) : bad(text);
    }
    case "plan.made":
      return good(
        `plan: ${event.data.plan.steps.map((step, index) => `${index + 1}. ${step.title}`).join("  ")}`,
      );
    case "plan.rejected":
      return bad(`plan refused: ${event.data.problems.join(" ")}`);
    case "step.started":
      return neutral(
        `step ${event.data.step}, attempt ${event.data.attempt}: ${run.steps[event.data.step - 1]?.title ?? ""}`,
      );
    case "step.failed":
      return bad(`step ${event.data.step}, attempt ${event.data.attempt} failed: ${event.data.because}`);
    case "step.checkpointed":
      return good(
        `step ${event.data.step} has its checkpoint: tree ${event.data.tree.slice(0, 10)}, ${formatUsd(totalSpending(run).spent)} so far`,
      );
    case "repair.planned":
      return neutral(`repair ${event.data.repair}, with the failing job's log`);
    case "run.published":
      return good(`draft pull request #${event.data.pullNumber} at ${event.data.sha.slice(0, 10)}`);
    case "gate.read": {
      const { verdict, because } = event.data.reading;
      if (verdict === "pending") return neutral(`CI: ${because}`);
      return verdict === "passed" ? good(`CI: ${because}`) : bad(`CI: ${because}`);
    }
    case "ci.rerun":
      return neutral("the failed jobs run once more");
    case "pull.made_ready":
      return good("ready for review");
    case "pull.made_draft":
      return bad("back to draft");
    case "person.asked":
      return bad(`a question for people: ${event.data.question}`);
    case "run.ended":
      return neutral(`ended: ${event.data.because}`);
    default:
      return null;
  }
}
