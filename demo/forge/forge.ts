import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import { addRepository, type NewRepository } from "./add-repository.ts";
import { accountNamed, createWorld, newPrivateKey } from "./create-world.ts";
import { DEFAULT_EVENTS, DEFAULT_PERMISSIONS } from "./defaults.ts";
import type { DeliveryRecord } from "./delivery-log.ts";
import { mountStore } from "./git/object-store.ts";
import { createDoor, type RequestRecord } from "./http.ts";
import { inspectRepository, type RepositorySnapshot } from "./inspect.ts";
import type { Levers } from "./levers.ts";
import { createPerson, type Person } from "./person.ts";
import type { Access } from "./records/installation.ts";
import type { Repository } from "./records/repository.ts";
import { createRestRouter } from "./rest/routes.ts";
import { createSettings, type Settings } from "./settings.ts";
import { findAccount, findRepository } from "./state.ts";
import { install } from "./verbs/installation.ts";
import { type RunIn, runDirectly } from "./workflow/process.ts";
import type { World } from "./world.ts";

export type { NewRepository } from "./add-repository.ts";

export type ForgeOptions = {
  /** where the bare repositories and the workflow jobs live; made when it is not there */
  dataDir: string;
  /** 0 or nothing: any free port */
  port?: number;
  log?: (line: string) => void;
  now?: () => Date;
  /** the app's private key in PEM; made at the start without it */
  privateKey?: string;
  /** the name of the app; it acts as `slug[bot]` */
  slug?: string;
  /** runs the `run` steps of workflows; plain child processes without it */
  runIn?: RunIn;
  /** workflow jobs at once (2), and the longest that one may take (10 minutes) */
  jobsAtOnce?: number;
  jobTimeoutMs?: number;
  /** added to the environment of workflow steps, for example a package registry */
  jobEnv?: Record<string, string>;
};

type User = { id: number; login: string };
type InstallationHandle = { id: number; account: string };
export type RepositoryHandle = {
  id: number;
  owner: string;
  name: string;
  fullName: string;
  defaultBranch: string;
  /** the bare repository on disk */
  gitDir: string;
  cloneUrl: string;
};
export type InstallOptions = {
  permissions?: Record<string, Access>;
  events?: string[];
  repositories?: "all" | string[];
};

/** GitHub on this machine: REST at `${url}/api/v3`, GraphQL at `${url}/api/graphql`, git at `${url}/OWNER/REPO.git`. */
export type Forge = {
  readonly url: string;
  readonly app: { id: number; slug: string; privateKey: string };
  setWebhook: (hook: { url: string; secret: string } | null) => void;
  createUser: (login: string) => User;
  createOrganization: (login: string) => User;
  createRepository: (repository: NewRepository) => Promise<RepositoryHandle>;
  /** installs the app on an account and sends `installation.created` */
  install: (owner: string, options?: InstallOptions) => InstallationHandle;
  /** acts as a human, through the same routes and with that human's rights */
  as: (login: string) => Person;
  /** what owners do on settings pages: rename, archive, suspend … */
  readonly settings: Settings;
  readonly levers: Levers;
  readonly requests: readonly RequestRecord[];
  readonly deliveries: readonly DeliveryRecord[];
  inspect: (owner: string, repo: string) => RepositorySnapshot;
  /** resolves when no delivery and no workflow job is under way */
  settled: () => Promise<void>;
  stop: () => Promise<void>;
};

export async function createForge(options: ForgeOptions): Promise<Forge> {
  await mkdir(options.dataDir, { recursive: true });
  const { world, sender } = createWorld({
    dataDir: options.dataDir,
    log: options.log ?? (() => undefined),
    now: options.now ?? (() => new Date()),
    slug: options.slug ?? "fixpoint",
    privateKey: options.privateKey ?? newPrivateKey(),
    runner: {
      runIn: options.runIn ?? runDirectly,
      jobsAtOnce: options.jobsAtOnce ?? 2,
      jobTimeoutMs: options.jobTimeoutMs ?? 600_000,
      env: options.jobEnv ?? {},
    },
  });
  const route = createRestRouter();
  const requests: RequestRecord[] = [];
  const server = createDoor({ world, route, requests });
  world.url = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  world.api = `${world.url}/api/v3`;
  const { id, slug, privateKey } = world.app;
  const people = new Map<string, Person>();

  return {
    url: world.url,
    app: { id, slug, privateKey },
    setWebhook: (hook) => sender.setHook(hook === null ? null : { ...hook, id: world.state.nextId() }),
    createUser: (login) => brief(accountNamed(world, login, "User")),
    createOrganization: (login) => brief(accountNamed(world, login, "Organization")),
    createRepository: async (wanted) => handleOf(world, await addRepository(world, wanted)),
    install: (owner, wanted = {}) => installOn(world, owner, wanted),
    as: (login) => {
      const person = people.get(login) ?? newPerson(world, route, login);
      people.set(login, person);
      return person;
    },
    settings: createSettings(world),
    levers: world.levers.levers,
    requests,
    deliveries: sender.all,
    inspect: (owner, repo) => inspectRepository(repositoryNamed(world, owner, repo)),
    settled: world.activity.settled,
    stop: async () => {
      sender.setHook(null);
      await cancelAll(world);
      await world.activity.settled();
      await close(server);
      for (const { gitDir } of world.state.repositories.values()) mountStore(gitDir, null);
    },
  };
}

const brief = ({ id, login }: User): User => ({ id, login });

function accountKnown(world: World, login: string) {
  const account = findAccount(world.state, login);
  if (account === null)
    throw new Error(`The forge knows no account "${login}". Create it with createUser first.`);
  return account;
}

function repositoryNamed(world: World, owner: string, name: string): Repository {
  const repository = findRepository(world.state, owner, name);
  if (repository === null) throw new Error(`The forge knows no repository "${owner}/${name}".`);
  return repository;
}

function handleOf(world: World, repository: Repository): RepositoryHandle {
  const { id, name, defaultBranch, gitDir } = repository;
  const owner = repository.owner.login;
  const fullName = `${owner}/${name}`;
  return { id, owner, name, fullName, defaultBranch, gitDir, cloneUrl: `${world.url}/${fullName}.git` };
}

function installOn(world: World, owner: string, wanted: InstallOptions): InstallationHandle {
  const account = accountKnown(world, owner);
  const names = wanted.repositories ?? "all";
  const { id } = install(world, account, {
    permissions: { metadata: "read", ...(wanted.permissions ?? DEFAULT_PERMISSIONS) },
    events: wanted.events ?? DEFAULT_EVENTS,
    repositories:
      names === "all" ? "all" : new Set(names.map((name) => repositoryNamed(world, owner, name).id)),
  });
  return { id, account: account.login };
}

function newPerson(world: World, route: ReturnType<typeof createRestRouter>, login: string): Person {
  const account = accountKnown(world, login);
  // The form of GitHub's personal access tokens: 36 letters and digits after the prefix.
  const token = `ghp_${randomBytes(18).toString("hex")}`;
  world.state.personalTokens.set(token, account);
  return createPerson(world, route, account, token);
}

async function cancelAll(world: World): Promise<void> {
  for (const repository of world.state.repositories.values()) {
    for (const run of repository.workflowRuns) await world.workflows.cancel(repository, run.id);
  }
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
