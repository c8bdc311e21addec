import { setTimeout as sleep } from "node:timers/promises";
import type { Slots } from "../journal/slots.ts";
import { type SurveyDeps, surveyAllRepositories } from "./survey-repositories.ts";
import { surveyActiveRuns } from "./survey-runs.ts";
import { type DeliverySweepDeps, sweepDeliveries } from "./sweep-deliveries.ts";

/** How often a worker asks whether it is time; whose turn it is, Redis decides. */
const ASK_MS = 5_000;

/**
 * Looks after what events have lost: deliveries that nobody took, labelled issues without a run, runs that were not told. Any number of
 * workers may run it; each round belongs to one of them, and what a round finds twice has its effect once.
 */
export function startReconciler(deps: DeliverySweepDeps & SurveyDeps & { slots: Slots }): {
  stop(): Promise<void>;
} {
  const { slots, everyMs, log } = deps;
  const stopping = new AbortController();
  const rounds = [
    { name: "deliveries", go: () => sweepDeliveries(deps) },
    { name: "repositories", go: () => surveyAllRepositories(deps) },
    { name: "runs", go: () => surveyActiveRuns(deps) },
  ];

  async function turn(): Promise<void> {
    for (const { name, go } of rounds) {
      if (stopping.signal.aborted || !(await slots.claim(name, everyMs))) continue;
      const startedAt = performance.now();
      await go();
      log.debug({ round: name, ms: Math.round(performance.now() - startedAt) }, "reconciled");
    }
  }

  async function keepGoing(): Promise<void> {
    while (!stopping.signal.aborted) {
      await turn().catch((err: unknown) =>
        log.warn({ err }, "reconciling broke off; the next round tries again"),
      );
      await sleep(Math.min(ASK_MS, everyMs), undefined, { signal: stopping.signal, ref: false }).catch(
        () => {},
      );
    }
  }

  const going = keepGoing();
  return {
    async stop() {
      stopping.abort();
      // A round under way may be waiting for GitHub; what it would still do is harmless.
      await Promise.race([going, sleep(500, undefined, { ref: false })]);
    },
  };
}
