import type { Action } from "../../src/run/action.ts";
import { decide } from "../../src/run/decide.ts";
import type { EventData, NewEvent, RunEvent } from "../../src/run/events.ts";
import { foldRun } from "../../src/run/evolve.ts";
import { opKeys } from "../../src/run/op-keys.ts";
import type { Run } from "../../src/run/run.ts";

/** A request as the webhook of a labelled issue makes it. */
export const request: EventData<"run.requested"> = {
  deliveryId: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  repository: { id: 1296269, owner: "octo-org", name: "billfold", installationId: 5 },
  issue: {
    number: 7,
    title: "Discounts are off by a cent",
    author: "mona",
    textHash: "a".repeat(64),
    bodyDigest: "b".repeat(64),
    hiddenSpans: 0,
  },
  requestedBy: { id: 2, login: "hubot" },
  ordinal: 1,
  branch: "agent/issue-7",
  limits: {
    nanoUsd: 2_000_000_000,
    steps: 7,
    turnsPerStep: 12,
    attemptsPerStep: 3,
    repairs: 2,
    revisions: 5,
    outputTokensPerCall: 4_000,
    filesTouched: 20,
    diffLines: 800,
  },
  autonomy: "ready",
  versions: { prompts: "1", policy: "1", prices: "2026-11", tools: "1" },
};

export const baseSha = "1".repeat(40);

export const triaged: NewEvent = {
  kind: "run.triaged",
  data: {
    base: { branch: "main", sha: baseSha },
    checks: [
      {
        name: "test",
        command: "npm run test",
        purpose: "proves",
        where: "sandbox",
        foundIn: "package.json scripts.test",
      },
    ],
    setup: {
      ecosystems: ["npm"],
      commands: [{ command: "npm ci --ignore-scripts", why: "package-lock.json" }],
      hosts: [],
      env: {},
      cacheAt: null,
      findings: ["package-lock.json: npm"],
    },
    autonomy: "ready",
    limits: request.limits,
    configDigest: null,
    ciStartsWhenReady: false,
  },
};

export const setUp: NewEvent = {
  kind: "setup.finished",
  data: { status: "ready", ms: 900, outputDigest: "c".repeat(64), refusedHosts: [] },
};

export const planned: NewEvent = {
  kind: "plan.made",
  data: {
    planHash: `sha256:${"d".repeat(64)}`,
    plan: {
      goal: "Shares of an amount add up to the amount.",
      steps: [
        {
          title: "Split an amount without losing a cent",
          goal: "Add allocate().",
          files: ["src/allocate.js"],
          check: "test",
        },
        {
          title: "Use it for discounts",
          goal: "Call allocate().",
          files: ["src/discount.js"],
          check: "test",
        },
      ],
    },
  },
};

export function startStep(step: number, attempt = 1): NewEvent {
  return { kind: "step.started", data: { step, attempt } };
}

export function failStep(step: number, attempt = 1): NewEvent {
  return {
    kind: "step.failed",
    data: {
      step,
      attempt,
      because: "The check `test` failed with exit code 1.",
      outputDigest: "e".repeat(64),
    },
  };
}

export function checkpointStep(step: number, attempt = 1): NewEvent {
  return {
    kind: "step.checkpointed",
    data: {
      step,
      attempt,
      summary: `Did step ${step}.`,
      tree: String(step).repeat(40),
      patchDigest: "f".repeat(64),
      changes: [
        { kind: "write", path: `src/step-${step}.js`, mode: "100644", digest: "0".repeat(64), bytes: 12 },
      ],
      proof: { name: "test", status: "passed", exitCode: 0, ms: 400, outputDigest: "9".repeat(64) },
    },
  };
}

export function commitStep(step: number): NewEvent[] {
  const opKey = opKeys.commit(step, String(step).repeat(40), baseSha);
  return [
    { kind: "effect.intended", data: { opKey, op: "commit.create", argsHash: "x" } },
    {
      kind: "effect.done",
      data: { opKey, op: "commit.create", how: "made", receipt: { sha: String(step).repeat(40) } },
    },
  ];
}

export const publishedSha = "2".repeat(40);

export const published: NewEvent = {
  kind: "run.published",
  data: {
    sha: publishedSha,
    branch: "agent/issue-7",
    pullNumber: 8,
    pullUrl: "https://github.example/octo-org/billfold/pull/8",
  },
};

/** Nothing of the base has to come into this head. */
export const baseMet: NewEvent = {
  kind: "base.met",
  data: { sha: publishedSha, baseSha, standing: "current" },
};

export const movedBase = "6".repeat(40);

/** The base moved to `movedBase` and clashes with step 1. */
export function updatePlanned(update: number): NewEvent {
  return {
    kind: "update.planned",
    data: {
      update,
      title: "Bring the change up to main",
      check: "test",
      sha: publishedSha,
      baseSha: movedBase,
      changes: [{ kind: "write", path: "src/step-1.js", mode: "100644", digest: "8".repeat(64), bytes: 40 }],
      clashes: [{ path: "src/step-1.js", kind: "both_changed" }],
    },
  };
}

export function gateRead(
  verdict: EventData<"gate.read">["reading"]["verdict"],
  stage: "draft" | "ready" = "draft",
): NewEvent {
  const conclusion = verdict === "passed" ? "success" : verdict === "pending" ? "pending" : "failure";
  return {
    kind: "gate.read",
    data: {
      stage,
      reading: {
        sha: publishedSha,
        verdict,
        because: `test: ${conclusion} on this commit.`,
        checks: [{ name: "test", conclusion, url: null }],
      },
    },
  };
}

export function command(name: EventData<"command.received">["command"], id = "cmd-1"): NewEvent {
  return {
    kind: "command.received",
    data: { deliveryId: id, command: name, actor: { id: 2, login: "hubot" }, step: null, why: null },
  };
}

export function review(reviewId: number): NewEvent {
  const told = { command: "review", actor: { id: 2, login: "hubot" }, step: null, why: null } as const;
  return { kind: "command.received", data: { deliveryId: `review-${reviewId}`, ...told, reviewId } };
}

export function revision(number: number, reviewId: number): NewEvent {
  return {
    kind: "revision.asked",
    data: {
      revision: number,
      reviewId,
      actor: { id: 2, login: "hubot" },
      title: "Address the review by hubot",
      check: "test",
      files: ["src/allocate.js"],
      threads: [800],
      reviewDigest: "7".repeat(64),
    },
  };
}

export function repair(number: number): NewEvent {
  return {
    kind: "repair.planned",
    data: {
      repair: number,
      title: "Repair what CI found",
      check: "test",
      sha: publishedSha,
      failureSignature: String(number),
      logDigest: "a".repeat(64),
    },
  };
}

/** Everything up to a draft whose CI is to be read. */
export const untilPublished: readonly NewEvent[] = [
  triaged,
  setUp,
  planned,
  startStep(1),
  checkpointStep(1),
  startStep(2),
  checkpointStep(2),
  ...commitStep(1),
  ...commitStep(2),
  published,
  baseMet,
];

/** A log as the journal would hold it: numbered, timed a second apart, chained by made-up hashes. Begins with the request and the first lease. */
export function buildLog(events: readonly NewEvent[]): RunEvent[] {
  const all: NewEvent[] = [
    { kind: "run.requested", data: request },
    { kind: "lease.taken", data: { worker: "worker-1", epoch: 1 } },
    ...events,
  ];
  return all.map((event, index) => ({
    ...event,
    seq: index + 1,
    at: 1_700_000_000_000 + index * 1_000,
    version: 1,
    previous: index === 0 ? "" : `hash-${index}`,
    hash: `hash-${index + 1}`,
  }));
}

export function runAfter(events: readonly NewEvent[]): Run {
  return foldRun(buildLog(events));
}

/** What comes next where the base never moves: whenever it is to be met, it is as it was. */
export function nextAfter(events: readonly NewEvent[]): Action {
  const action = decide(runAfter(events));
  return action.do === "meet_base" ? decide(runAfter([...events, baseMet])) : action;
}
