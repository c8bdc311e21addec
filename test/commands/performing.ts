import { pino } from "pino";
import type { Command } from "../../src/commands/command.ts";
import type { CommandGithub, Permission } from "../../src/commands/command-github.ts";
import { createCommandPerformer } from "../../src/commands/perform-command.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { createLeases } from "../../src/journal/leases.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import { createStarts } from "../../src/journal/starts.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { foldRun } from "../../src/run/evolve.ts";
import { request } from "../support/log.ts";
import type { PrivateRedis } from "../support/redis.ts";

export const repository = request.repository;
export const writer = { id: 2, login: "hubot" };
export const reader = { id: 3, login: "passer-by" };
export const versions = request.versions;
export const firstRun = `run_${repository.id}_7_1`;
export const secondRun = `run_${repository.id}_7_2`;

/** The real journal in a real Redis, and a GitHub that only remembers what it was told. */
export function performing(
  redis: PrivateRedis,
  changes: { github?: Partial<CommandGithub>; label?: string } = {},
) {
  let clock = 1_700_000_000_000;
  const connection = redis.connect();
  const journal = createJournal({ redis: connection, prefix: "{test}", now: () => clock++ });
  const leases = createLeases({ redis: connection, prefix: "{test}", worker: "worker-1" });
  const permissions: Record<string, Permission> = { hubot: "write", "passer-by": "read" };
  const answers = new Map<string, string>();
  const told: string[] = [];
  const github: CommandGithub = {
    permissionOf: async (_, login) => permissions[login] ?? "none",
    botLogin: async () => "fixpoint[bot]",
    branchOfPull: async (_, number) => (number === 8 ? "agent/issue-7" : "feature"),
    issueNow: async () => ({ state: "open", labels: ["agent-fix"], locked: false }),
    pullNow: async () => "open",
    answer: async (at, number, key, body) => void answers.set(`${at.name}#${number} ${key}`, body),
    react: async (_, commentId, place) =>
      void told.push(`react ${commentId}${place === "conversation" ? "" : ` at ${place}`}`),
    ensureLabel: async (at, name) => void told.push(`label ${at.name} ${name}`),
    ...changes.github,
  };
  const starts = createStarts({ redis: connection, prefix: "{test}", most: 3, withinMs: 60_000 });
  const perform = createCommandPerformer({
    journal,
    github,
    starts,
    advance: async (runId) => void told.push(`advance ${runId}`),
    config: { label: "agent-fix", autonomy: "ready", limits: request.limits, botIds: [77] },
    versions,
    log: pino({ level: "silent" }),
  });
  return { journal, leases, perform, permissions, answers, told };
}

export type Performing = ReturnType<typeof performing>;

export const start: Extract<Command, { kind: "start" }> = {
  kind: "start",
  deliveryId: request.deliveryId,
  installationId: repository.installationId,
  repository,
  issue: request.issue,
  actor: writer,
  trigger: "labeled",
};

let comments = 100;
/** A new comment each time. */
export function ask(
  asked: Extract<Command, { kind: "ask" }>["asked"],
  changes: Partial<Extract<Command, { kind: "ask" }>> = {},
): Extract<Command, { kind: "ask" }> {
  comments += 1;
  return {
    kind: "ask",
    deliveryId: `delivery-of-${comments}`,
    installationId: repository.installationId,
    repository,
    on: "issue",
    number: 7,
    commentId: comments,
    actor: writer,
    asked,
    ...changes,
  };
}

/** What a worker would have written into this run's log. */
export async function record(
  { journal, leases }: Performing,
  runId: string,
  events: readonly NewEvent[],
): Promise<void> {
  const lease = await leases.take(runId);
  if (!lease) throw new Error("somebody else works on the run");
  let last = (await journal.read(runId)).at(-1);
  for (const event of events) if (last) last = await journal.append(lease, last, event);
  await indexNow(journal, runId);
  await lease.release();
}

async function indexNow(journal: Journal, runId: string): Promise<void> {
  const run = foldRun(await journal.read(runId));
  const { status, published, request: asked, ended } = run;
  await journal.index(runId, {
    status,
    sha: published?.sha ?? null,
    branch: asked.branch,
    ended: ended !== null,
  });
}
