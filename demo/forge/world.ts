import type { Activity } from "./activity.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import type { LeverBoard } from "./levers.ts";
import type { Account } from "./records/account.ts";
import type { Installation, InstallationToken } from "./records/installation.ts";
import type { Repository } from "./records/repository.ts";
import type { State } from "./state.ts";

export type AppIdentity = {
  id: number;
  nodeId: string;
  clientId: string;
  slug: string;
  name: string;
  owner: Account;
  /** the account under which the app acts, `slug[bot]` */
  bot: Account;
  privateKey: string;
  publicKey: string;
  permissions: Record<string, "read" | "write">;
  events: string[];
  createdAt: Date;
};

/** Who makes a call. */
export type Actor =
  | { kind: "anonymous" }
  | { kind: "app" }
  | { kind: "installation"; account: Account; installation: Installation; token: InstallationToken }
  | { kind: "person"; account: Account };

/** A webhook about to be sent: `payload` without the parts that every webhook has (repository, sender, installation). */
export type Happening = {
  event: string;
  action: string | null;
  repository: Repository | null;
  sender: Account;
  payload: Record<string, unknown>;
  /** set where the event belongs to an installation rather than to a repository */
  installation?: Installation;
};

/** The runner's side of the forge, as the rest of it needs it. */
export type WorkflowPort = {
  onPush: (
    repository: Repository,
    branch: string,
    before: string,
    after: string,
    actor: Account,
  ) => Promise<void>;
  onPull: (repository: Repository, number: number, action: string, actor: Account) => Promise<void>;
  rerun: (repository: Repository, runId: number, which: "all" | "failed", actor: Account) => Promise<void>;
  cancel: (repository: Repository, runId: number) => Promise<void>;
  approve: (repository: Repository, runId: number) => Promise<void>;
};

/** What every part of the forge is given: its memory, its clock and its ways out. */
export type World = {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** `${url}/api/v3` */
  api: string;
  dataDir: string;
  log: (line: string) => void;
  now: () => Date;
  app: AppIdentity;
  /** the built-in app that runs workflows */
  actions: { id: number; bot: Account };
  state: State;
  activity: Activity;
  levers: LeverBoard;
  deliveries: DeliveryLog;
  emit: (happening: Happening) => void;
  workflows: WorkflowPort;
  /** runs one writer of a repository's refs after the other */
  exclusive: <T>(repository: Repository, work: () => Promise<T>) => Promise<T>;
};
