import type { NewEvent } from "../../src/run/events.ts";
import { branchName, type RunRequest, runId } from "../../src/run/request.ts";

/** A request for issue 7 of repository 42, as `startRun` builds it. */
export function sampleRequest(
  ordinal: number,
  deliveryId = "delivery-1",
): { runId: string; request: RunRequest } {
  const request: RunRequest = {
    deliveryId,
    repository: { id: 42, owner: "octo", name: "lantern", installationId: 9 },
    issue: { number: 7, title: "It fails", author: "ada", textHash: "t", bodyDigest: "b", hiddenSpans: 0 },
    requestedBy: { id: 1, login: "ada" },
    ordinal,
    branch: branchName(7, ordinal),
    limits: {
      nanoUsd: 1_000_000_000,
      steps: 7,
      turnsPerStep: 20,
      attemptsPerStep: 3,
      repairs: 2,
      revisions: 5,
      outputTokensPerCall: 4_000,
      filesTouched: 20,
      diffLines: 800,
    },
    autonomy: "ready",
    versions: { prompts: "1", policy: "1", prices: "1", tools: "1" },
  };
  return { runId: runId(42, 7, ordinal), request };
}

export const sampleKey = { repositoryId: 42, issueNumber: 7, deliveryId: "delivery-1" };

export function stepStarted(step: number): NewEvent {
  return { kind: "step.started", data: { step, attempt: 1 } };
}
