import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { createActivity } from "./activity.ts";
import { DEFAULT_EVENTS, DEFAULT_PERMISSIONS } from "./defaults.ts";
import { emit } from "./emit.ts";
import { createLevers } from "./levers.ts";
import type { Account } from "./records/account.ts";
import { nodeId } from "./shapes/basics.ts";
import { createState, findAccount, type State } from "./state.ts";
import { createWebhookSender, type WebhookSender } from "./webhooks.ts";
import type { RunnerOptions } from "./workflow/launch.ts";
import { createRunner } from "./workflow/runner.ts";
import type { AppIdentity, World } from "./world.ts";

/** GitHub Actions' own id, the same everywhere. */
const ACTIONS_APP_ID = 15_368;

/** The account of this login, made when there is none yet. */
export function accountNamed(
  world: Pick<World, "state" | "now">,
  login: string,
  type: Account["type"],
): Account {
  const known = findAccount(world.state, login);
  if (known !== null) return known;
  const account: Account = { id: world.state.nextId(), login, type, createdAt: world.now() };
  world.state.accounts.set(account.id, account);
  return account;
}

export function newPrivateKey(): string {
  const encoding = { type: "pkcs1", format: "pem" } as const;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export(encoding).toString();
}

function createApp(state: State, now: () => Date, slug: string, privateKey: string): AppIdentity {
  const id = state.nextId();
  return {
    id,
    nodeId: nodeId("A", id),
    clientId: `Iv23li${randomBytes(7).toString("hex")}`,
    slug,
    name: slug,
    owner: accountNamed({ state, now }, "forge-operator", "User"),
    bot: accountNamed({ state, now }, `${slug}[bot]`, "Bot"),
    privateKey,
    publicKey: createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString(),
    permissions: DEFAULT_PERMISSIONS,
    events: DEFAULT_EVENTS,
    createdAt: now(),
  };
}

/** Runs the writers of one repository's refs one after the other. */
function createExclusive(): World["exclusive"] {
  const locks = new Map<number, Promise<unknown>>();
  return (repository, work) => {
    const before = locks.get(repository.id) ?? Promise.resolve();
    const mine = before.then(work, work);
    const done = mine.catch(() => undefined);
    locks.set(repository.id, done);
    return mine;
  };
}

export type WorldOptions = {
  dataDir: string;
  log: (line: string) => void;
  now: () => Date;
  slug: string;
  privateKey: string;
  runner: RunnerOptions;
};

/** A world without repositories. Its address is filled in as soon as the server listens. */
export function createWorld(options: WorldOptions): { world: World; sender: WebhookSender } {
  const { log, now, dataDir } = options;
  const state = createState();
  const app = createApp(state, now, options.slug, options.privateKey);
  const activity = createActivity((name, error) =>
    log(`forge: ${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  );
  const levers = createLevers(() => {
    for (const token of state.tokens.values()) token.expiresAt = new Date(0);
  });
  const sender = createWebhookSender({ activity, levers, now, nextId: state.nextId, appId: app.id });
  const world: World = {
    url: "",
    api: "",
    dataDir,
    log,
    now,
    app,
    actions: { id: ACTIONS_APP_ID, bot: accountNamed({ state, now }, "github-actions[bot]", "Bot") },
    state,
    activity,
    levers,
    deliveries: sender,
    emit: (happening) => emit(world, sender, happening),
    workflows: createRunner(() => world, options.runner),
    exclusive: createExclusive(),
  };
  return { world, sender };
}
