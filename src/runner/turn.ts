import type { Model } from "../agent/model.ts";
import type { PriceTable } from "../agent/prices.ts";
import type { Github, RepositoryGithub } from "../github/client.ts";
import type { EffectRecord } from "../github/effect.ts";
import type { Blobs, Journal, Lease, Leases } from "../journal/journal.ts";
import type { Logger } from "../logger.ts";
import type { NewEvent, RunEvent } from "../run/events.ts";
import type { PolicyDecision } from "../run/policy.ts";
import type { Limits } from "../run/request.ts";
import type { Run } from "../run/run.ts";
import type { CheckRun } from "../tools/tool.ts";
import type { Workspaces } from "../workspace/open-workspace.ts";
import type { Registries } from "../workspace/registries.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** One worker's time with a run, from taking the lease to giving it back. Everything a phase needs, and its only way to write. */
export interface Turn {
  readonly deps: RunnerDeps;
  readonly lease: Lease;
  readonly github: RepositoryGithub;
  /** aborts when the lease is lost or somebody asks to stop: a phase under way ends at once */
  readonly signal: AbortSignal;
  /** writes to GitHub, with their intents and receipts in the run's log */
  readonly effects: EffectRecord;
  run(): Run;
  events(): readonly RunEvent[];
  /** appends to the log and folds; the first append of a turn is preceded by `lease.taken` */
  record(event: NewEvent): Promise<void>;
  /** a checkout of this commit, opened when first asked for, gone with the turn or when another commit is asked for */
  workspace(at: { branch: string; sha: string }): Promise<Workspace>;
  /** the checkout that the next step builds on, with dependencies installed and checks at hand */
  workbench(): Promise<Workbench>;
  /** throws when this process is about to end: asked between two turns of the model, where stopping loses nothing */
  mayContinue(): void;
  /** the last entry of a turn that wrote anything: without it the next worker knows that this one died */
  giveBack(because: string): Promise<void>;
  close(): Promise<void>;
}

/** Where a run's work happens: its workspace with dependencies installed, and its checks in the sandbox. */
export interface Workbench {
  workspace: Workspace;
  /** runs a check against the workspace as it stands and records it under this phase */
  runCheck(phase: string, name: string): Promise<CheckRun>;
  /** the policy of this repository; asking leaves no trace */
  decide(access: "read" | "write", path: string): PolicyDecision;
  mayRead(path: string): boolean;
}

export type OpenWorkbench = (turn: Turn) => Promise<Workbench>;

export interface RunnerDeps {
  journal: Journal;
  leases: Leases;
  blobs: Blobs;
  github: Github;
  model: Model;
  models: { plan: string; execute: string; escalate: string };
  prices: PriceTable;
  workspaces: Workspaces;
  openWorkbench: OpenWorkbench;
  /** what the operator allows a run now */
  limits: Limits;
  /** how long after a doubtful write its twins are looked for; a call that was given up may be carried out until then */
  twinsAfterMs: number;
  gate: { neverReportedAfterMs: number; settleMs: number; pollMs: number };
  /** where the package managers of this machine get packages from, for these kinds of project */
  registries(ecosystems: readonly string[]): Promise<Registries>;
  /** further hosts that the operator opens for set-up */
  registryHosts: readonly string[];
  sandboxName: "bwrap" | "none";
  /** comes back to a run later; any number of hints may exist */
  hint(runId: string, options?: { delayMs?: number }): Promise<void>;
  now(): number;
  log: Logger;
}

/** Whether a phase left something to do at once, or the run waits: for an event, and at the latest `afterMs` from now. */
export type Progress = { next: "go_on" } | { next: "park"; afterMs: number | null };
export const goOn: Progress = { next: "go_on" };
