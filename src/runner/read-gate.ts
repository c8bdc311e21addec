import { fetchGateFacts } from "../github/facts/gate.ts";
import { readGate } from "../run/verdict.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/**
 * Asks GitHub what CI says of exactly the published head SHA. An event that woke us is only a hint: `check_suite.completed` can come
 * before the last workflow is done. Waiting holds no worker: the run parks, and comes back by an event or at the next poll.
 */
export async function readGateOnce(turn: Turn): Promise<Progress> {
  const run = turn.run();
  if (!run.published) throw new Error("The gate is read after publishing.");
  const { gate, now } = turn.deps;
  const stage = run.pull === "ready" ? "ready" : "draft";
  const reading = readGate(await fetchGateFacts(turn.github, run.published.sha), {
    ownAppId: turn.deps.github.appId,
    waitedMs: now() - run.gateSince,
    neverReportedAfterMs: gate.neverReportedAfterMs,
    settleMs: stage === "ready" && run.ciStartsWhenReady ? gate.settleMs : 0,
  });
  const waits = reading.verdict === "pending" || run.status === "awaiting_merge";
  if (JSON.stringify(reading) !== JSON.stringify(run.gate)) {
    await turn.record({ kind: "gate.read", data: { reading, stage } });
    if (reading.verdict !== "pending") return goOn;
  }
  return waits ? { next: "park", afterMs: reading.verdict === "pending" ? gate.pollMs : null } : goOn;
}
