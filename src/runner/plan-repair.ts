import { createHash } from "node:crypto";
import { AskPerson } from "../errors.ts";
import { fetchFailures } from "../github/facts/failure-log.ts";
import { fetchGateFacts } from "../github/facts/gate.ts";
import { fence } from "../report/quote.ts";
import type { Action } from "../run/action.ts";
import { nextCheck } from "../run/steps.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/**
 * CI is red and it is ours: the failing jobs' logs become the context of one repair step on the same pull request.
 * The same failure twice is not tried again; a person gets the evidence instead.
 */
export async function planRepair(
  turn: Turn,
  { sha }: Extract<Action, { do: "plan_repair" }>,
): Promise<Progress> {
  const run = turn.run();
  const facts = await fetchGateFacts(turn.github, sha, run.base?.branch);
  const { log } = await fetchFailures(turn.github, facts);
  const failureSignature = signatureOf(log);
  if (run.repairs.some((repair) => repair.failureSignature === failureSignature)) {
    throw new AskPerson(
      "ci_red",
      `CI fails in the same way as before my repair:\n\n${fence(log.slice(-1_500), "text")}\n\nComment \`/agent retry\` to read CI again.`,
    );
  }
  await turn.record({
    kind: "repair.planned",
    data: {
      repair: run.repairs.length + 1,
      title: `Repair what CI found (${run.repairs.length + 1})`,
      check: nextCheck(run),
      sha,
      failureSignature,
      logDigest: await turn.deps.blobs.put(log),
    },
  });
  return goOn;
}

/** What a failure is, apart from times, counters and ids: two logs of one failure have the same signature. */
function signatureOf(log: string): string {
  const telling = log
    .split("\n")
    .filter((line) => /error|fail|expected|actual|not ok|✖|assert/i.test(line))
    .map((line) =>
      line
        .replace(/\d+(\.\d+)?/g, "#")
        .replace(/[0-9a-f]{12,}/gi, "@")
        .trim(),
    );
  return createHash("sha256")
    .update([...new Set(telling)].join("\n"))
    .digest("hex")
    .slice(0, 16);
}
