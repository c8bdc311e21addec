import type { EventData, RunEvent } from "../src/run/events.ts";
import type { Run } from "../src/run/run.ts";
import { totalSpending } from "../src/run/spending.ts";
import { formatUsd } from "../src/run/usage.ts";

/** One line for the terminal. */
export interface Said {
  mark: string;
  style: "green" | "red" | "cyan";
  text: string;
}

/** An event in words, with the run as it is after it: only what a person wants to watch. Everything else stands in the audit trail. */
export function narrate(event: RunEvent, run: Run): Said | null {
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
      return good(triaged(event.data));
    case "setup.finished":
      return describeSetup(event.data);
    case "check.ran": {
      const { name, status, ms } = event.data.result;
      const text = `check ${name} ${status.replaceAll("_", " ")} in the sandbox (${event.data.phase}, ${inSeconds(ms)})`;
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
      const text = event.data.stage === "ready" ? `CI, ready for review: ${because}` : `CI: ${because}`;
      if (verdict === "pending") return neutral(text);
      return verdict === "passed" ? good(text) : bad(text);
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

function triaged({ base, checks, setup }: EventData<"run.triaged">): string {
  const names = checks.map((check) => check.name).join(", ");
  const next = setup.commands.length > 0 ? "; installing dependencies, with the package registries only" : "";
  return `triaged: base ${base.sha.slice(0, 10)}, checks ${names}${next}`;
}

function describeSetup({ status, ms, refusedHosts }: EventData<"setup.finished">): Said {
  const refused = refusedHosts.length > 0 ? `; refused: ${refusedHosts.join(", ")}` : "";
  switch (status) {
    case "failed":
      return bad(`dependencies could not be installed (${inSeconds(ms)}${refused})`);
    case "nothing_to_install":
      return good("workspace ready, nothing to install");
    default:
      return good(`dependencies installed (${inSeconds(ms)}${refused})`);
  }
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

const good = (text: string): Said => ({ mark: "✓", style: "green", text });
const bad = (text: string): Said => ({ mark: "✗", style: "red", text });
const neutral = (text: string): Said => ({ mark: "▸", style: "cyan", text });
