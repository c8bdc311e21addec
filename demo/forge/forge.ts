import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createActivity } from "./activity.ts";
import type { DeliveryRecord } from "./delivery-log.ts";
import { emit } from "./emit.ts";
import { seedRepository } from "./git/seed.ts";
import { createDoor, type RequestRecord } from "./http.ts";
import { inspectRepository, type RepositorySnapshot } from "./inspect.ts";
import { createLevers, type Levers } from "./levers.ts";
import { createPerson, type Person } from "./person.ts";
import { createRestRouter } from "./rest/routes.ts";
import { nodeId } from "./shapes/basics.ts";
import { emailOf } from "./shapes/commit.ts";
import {
  type Access,
  type Account,
  createState,
  findAccount,
  findRepository,
  type Repository,
  type Role,
} from "./state.ts";
import { install } from "./verbs/installation.ts";
import { createWebhookSender } from "./webhooks.ts";
import { type RunIn, runDirectly } from "./workflow/process.ts";
import { createRunner } from "./workflow/runner.ts";
import type { World } from "./world.ts";

export type ForgeOptions = {
  /** where the bare repositories and the workflow jobs live; made when it is not there */
  dataDir: string;
  /** 0 or nothing: any free port */
  port?: number;
  log?: (line: string) => void;
  now?: () => Date;
  /** the login of the app: `slug[bot]` */
  slug?: string;
  /** runs the `run` steps of workflows; plain child processes without it */
  runIn?: RunIn;
  /** workflow jobs at once (2) and the longest that one may take (10 minutes) */
  jobsAtOnce?: number;
  jobTimeoutMs?: number;
  /** added to the environment of workflow steps, for example a package registry */
  jobEnv?: Record<string, string>;
};

export type User = { id: number; login: string };
export type RepositoryHandle = {
  id: number;
  owner: string;
  name: string;
  fullName: string;
  defaultBranch: string;
  gitDir: string;
  cloneUrl: string;
};
export type InstallationHandle = { id: number; account: string };

export type NewRepository = {
  owner: string;
  name: string;
  /** a directory (copied and committed), or a git repository by path or URL (cloned, its commits only) */
  from: string;
  defaultBranch?: string;
  private?: boolean;
  collaborators?: Record<string, Role>;
};

export type InstallOptions = {
  permissions?: Record<string, Access>;
  events?: string[];
  repositories?: "all" | string[];
};

export type Forge = {
  readonly url: string;
  readonly app: { id: number; slug: string; privateKey: string };
  setWebhook: (hook: { url: string; secret: string } | null) => void;
  createUser: (login: string) => User;
  createOrganization: (login: string) => User;
  createRepository: (repository: NewRepository) => Promise<RepositoryHandle>;
  /** installs the app on an account and sends `installation.created` */
  install: (owner: string, options?: InstallOptions) => InstallationHandle;
  as: (login: string) => Person;
  readonly levers: Levers;
  readonly requests: readonly RequestRecord[];
  readonly deliveries: readonly DeliveryRecord[];
  inspect: (owner: string, repo: string) => RepositorySnapshot;
  settled: () => Promise<void>;
  stop: () => Promise<void>;
};

/** What the app may do when `install` is not told otherwise. */
export const DEFAULT_PERMISSIONS: Record<string, Access> = {
  actions: "write",
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "read",
};

export const DEFAULT_EVENTS = [
  "check_run",
  "check_suite",
  "create",
  "delete",
  "issue_comment",
  "issues",
  "label",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "push",
  "repository",
  "status",
  "workflow_job",
  "workflow_run",
];

/** GitHub Actions' own id, the same everywhere. */
const ACTIONS_APP_ID = 15_368;

export async function createForge(options: ForgeOptions): Promise<Forge> {
  const now = options.now ?? (() => new Date());
  const log = options.log ?? (() => undefined);
  await mkdir(options.dataDir, { recursive: true });
  const state = createState();
  const newAccount = (login: string, type: Account["type"]): Account => {
    const known = findAccount(state, login);
    if (known !== null) return known;
    const account: Account = { id: state.nextId(), login, type, createdAt: now() };
    state.accounts.set(account.id, account);
    return account;
  };
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const slug = options.slug ?? "fixpoint";
  const appId = state.nextId();
  const activity = createActivity((name, error) =>
    log(`forge: ${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  );
  const levers = createLevers(() => {
    for (const token of state.tokens.values()) token.expiresAt = new Date(0);
  });
  const sender = createWebhookSender({ activity, levers, now, nextId: state.nextId, appId });
  const locks = new Map<number, Promise<unknown>>();

  const world: World = {
    url: "",
    api: "",
    dataDir: options.dataDir,
    log,
    now,
    app: {
      id: appId,
      nodeId: nodeId("A", appId),
      clientId: `Iv23li${randomBytes(7).toString("hex")}`,
      slug,
      name: slug,
      owner: newAccount("forge-operator", "User"),
      bot: newAccount(`${slug}[bot]`, "Bot"),
      privateKey: keys.privateKey,
      publicKey: keys.publicKey,
      permissions: DEFAULT_PERMISSIONS,
      events: DEFAULT_EVENTS,
      createdAt: now(),
    },
    actions: { id: ACTIONS_APP_ID, bot: newAccount("github-actions[bot]", "Bot") },
    state,
    activity,
    levers,
    deliveries: sender,
    emit: (happening) => emit(world, sender, happening),
    workflows: createRunner(() => world, {
      runIn: options.runIn ?? runDirectly,
      jobsAtOnce: options.jobsAtOnce ?? 2,
      jobTimeoutMs: options.jobTimeoutMs ?? 600_000,
      env: options.jobEnv ?? {},
    }),
    exclusive: (repository, work) => {
      const before = locks.get(repository.id) ?? Promise.resolve();
      const mine = before.then(work, work);
      locks.set(
        repository.id,
        mine.catch(() => undefined),
      );
      return mine;
    },
  };

  const route = createRestRouter();
  const requests: RequestRecord[] = [];
  const server = createDoor({ world, route, requests });
  await listen(server, options.port ?? 0);
  world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  world.api = `${world.url}/api/v3`;
  const people = new Map<number, Person>();

  const known = (login: string): Account => {
    const account = findAccount(state, login);
    if (account === null)
      throw new Error(`The forge knows no account "${login}". Create it with createUser first.`);
    return account;
  };

  return {
    url: world.url,
    app: { id: appId, slug, privateKey: keys.privateKey },
    setWebhook: (hook) => sender.setHook(hook === null ? null : { ...hook, id: state.nextId() }),
    createUser: (login) => newAccount(login, "User"),
    createOrganization: (login) => newAccount(login, "Organization"),
    createRepository: async (wanted) => {
      const repository = await addRepository(world, wanted, newAccount);
      const fullName = `${repository.owner.login}/${repository.name}`;
      const { id, name, defaultBranch, gitDir } = repository;
      return {
        id,
        owner: repository.owner.login,
        name,
        fullName,
        defaultBranch,
        gitDir,
        cloneUrl: `${world.url}/${fullName}.git`,
      };
    },
    install: (owner, wanted = {}) => {
      const account = known(owner);
      const names = wanted.repositories ?? "all";
      const repositories =
        names === "all"
          ? ("all" as const)
          : new Set(names.map((name) => repositoryNamed(world, owner, name).id));
      const permissions = wanted.permissions ?? DEFAULT_PERMISSIONS;
      const { id } = install(world, account, {
        permissions: { metadata: "read", ...permissions },
        events: wanted.events ?? DEFAULT_EVENTS,
        repositories,
      });
      return { id, account: account.login };
    },
    as: (login) => {
      const account = known(login);
      const person = people.get(account.id) ?? newPerson();
      people.set(account.id, person);
      return person;
      function newPerson(): Person {
        const token = `ghp_${randomBytes(27).toString("base64url").replace(/[-_]/g, "x").slice(0, 36)}`;
        state.personalTokens.set(token, account);
        return createPerson(world, route, account, token);
      }
    },
    levers: levers.levers,
    requests,
    deliveries: sender.all,
    inspect: (owner, repo) => inspectRepository(repositoryNamed(world, owner, repo)),
    settled: activity.settled,
    stop: async () => {
      for (const repository of state.repositories.values()) {
        for (const run of repository.workflowRuns) {
          if (run.status !== "completed") await world.workflows.cancel(repository, run.id);
        }
      }
      sender.setHook(null);
      await activity.settled();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });

function repositoryNamed(world: World, owner: string, name: string): Repository {
  const repository = findRepository(world.state, owner, name);
  if (repository === null) throw new Error(`The forge knows no repository "${owner}/${name}".`);
  return repository;
}

async function addRepository(
  world: World,
  wanted: NewRepository,
  newAccount: (login: string, type: Account["type"]) => Account,
): Promise<Repository> {
  const { state } = world;
  const owner = newAccount(wanted.owner, "User");
  const at = world.now();
  const id = state.nextId();
  const gitDir = path.join(world.dataDir, "repositories", `${id}.git`);
  const author = { name: owner.login, email: emailOf(owner) };
  const defaultBranch = await seedRepository({
    from: wanted.from,
    gitDir,
    defaultBranch: wanted.defaultBranch,
    author,
    at,
  });
  const collaborators = Object.entries(wanted.collaborators ?? {}).map(
    ([login, role]) => [newAccount(login, "User").id, role] as const,
  );
  const repository: Repository = {
    id,
    name: wanted.name,
    owner,
    private: wanted.private ?? false,
    archived: false,
    defaultBranch,
    gitDir,
    formerNames: [],
    collaborators: new Map(collaborators),
    labels: [],
    issues: new Map(),
    checkSuites: [],
    checkRuns: [],
    statuses: [],
    workflows: [],
    workflowRuns: [],
    signed: new Map(),
    protection: new Map(),
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
  };
  state.repositories.set(id, repository);
  return repository;
}
