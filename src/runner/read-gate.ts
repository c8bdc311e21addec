import { fetchBrokenSince } from "../github/facts/broken-since.ts";
import { fetchFailures } from "../github/facts/failure-log.ts";
import { fetchGateFacts } from "../github/facts/gate.ts";
import { plainLine } from "../report/quote.ts";
import { withAskedReruns } from "../run/asked-reruns.ts";
import type { RedEvidence } from "../run/classify-red.ts";
import { cleanLiteral } from "../run/clean-text.ts";
import type { GateFacts } from "../run/gate-facts.ts";
import type { GateReading } from "../run/gate-reading.ts";
import { type GateRules, readGate } from "../run/verdict.ts";
import { annotate } from "./annotate.ts";
import { differencesFromCi } from "./differences-from-ci.ts";
import { meetHead } from "./meet-head.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

const LONGEST_REASON = 600;

/**
 * Asks GitHub what CI says of exactly the published head SHA. An event that woke us is only a hint: `check_suite.completed` can come
 * before the last workflow is done. Waiting holds no worker: the run parks, and comes back by an event or at the next poll.
 */
export async function readGateOnce(turn: Turn): Promise<Progress> {
  const head = await meetHead(turn);
  if (head === "adopted") return goOn;
  if (head === "not_yet") return { next: "park", afterMs: turn.deps.gate.pollMs };
  const run = turn.run();
  const stage = run.pull === "ready" ? "ready" : "draft";
  const judged = await readWithEvidence(turn, rulesOf(turn, stage));
  // Names of checks come from workflow files and other apps, and people read this sentence: it may call nobody.
  const reading = { ...judged, because: plainLine(judged.because, LONGEST_REASON) };
  const waits = reading.verdict === "pending" || run.status === "awaiting_merge";
  if (JSON.stringify(reading) !== JSON.stringify(run.gate)) {
    await turn.record({ kind: "gate.read", data: { reading, stage } });
    if (reading.verdict !== "pending") return goOn;
  }
  const { pollMs } = turn.deps.gate;
  return waits ? { next: "park", afterMs: reading.verdict === "pending" ? pollMs : null } : goOn;
}

/** Whose fault red is takes more questions (logs, the base commit), so they are asked only then. */
async function readWithEvidence(turn: Turn, rules: GateRules): Promise<GateReading> {
  const { published, base } = turn.run();
  if (!published || !base) throw new Error("The gate is read after publishing.");
  const fetched = await fetchGateFacts(turn.github, published.sha, base.branch);
  // One that never begins is not waited for longer than a check that never comes.
  const begins = rules.waitedMs < rules.neverReportedAfterMs;
  const facts = begins ? withAskedReruns(fetched, turn.run()) : fetched;
  const reading = readGate(facts, rules);
  if (reading.verdict !== "ours") return reading;
  const failures = await fetchFailures(turn.github, facts);
  const evidence = await gatherEvidence(turn, facts, base, failures.log);
  const judged = readGate(facts, rules, evidence);
  if (judged.verdict !== "ours") return judged;
  await annotate(turn, facts.sha, evidence.log);
  return { ...judged, ...(await differencesFromCi(turn, failures.jobs)) };
}

async function gatherEvidence(
  turn: Turn,
  facts: GateFacts,
  base: { branch: string; sha: string },
  log: string,
): Promise<RedEvidence> {
  const ownAppId = turn.deps.github.appId;
  return {
    ownAppId,
    base: await fetchGateFacts(turn.github, base.sha, base.branch),
    brokenSince: await fetchBrokenSince(turn.github, base, ownAppId),
    log: cleanLiteral(log).text,
    reruns: turn.run().reruns.filter((rerun) => rerun.sha === facts.sha).length,
  };
}

function rulesOf(turn: Turn, stage: "draft" | "ready"): GateRules {
  const run = turn.run();
  const { gate, now, github } = turn.deps;
  return {
    ownAppId: github.appId,
    waitedMs: now() - run.gateSince,
    neverReportedAfterMs: gate.neverReportedAfterMs,
    settleMs: stage === "ready" && run.ciStartsWhenReady ? gate.settleMs : 0,
  };
}
