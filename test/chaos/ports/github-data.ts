import { generateKeyPairSync } from "node:crypto";
import { accountNamed } from "../../../demo/forge/create-world.ts";
import { DEFAULT_EVENTS, DEFAULT_PERMISSIONS } from "../../../demo/forge/defaults.ts";
import { createMemoryStore, emptyStore, type StoreData } from "../../../demo/forge/git/memory-store.ts";
import type { Account } from "../../../demo/forge/records/account.ts";
import type { Repository } from "../../../demo/forge/records/repository.ts";
import { createState, type State } from "../../../demo/forge/state.ts";
import type { AppIdentity } from "../../../demo/forge/world.ts";
import { commitFiles } from "./seed-store.ts";

/** One webhook on its way to the app. */
export interface Delivery {
  guid: string;
  event: string;
  payload: object;
  status: "pending" | "accepted" | "failed";
  attempts: number;
}

/** All that GitHub remembers. */
export interface GithubData {
  state: State;
  /** where the sequence of ids stands */
  ids: { last: number };
  app: AppIdentity;
  actions: { id: number; bot: Account };
  repository: Repository;
  store: StoreData;
  deliveries: Delivery[];
}

/** The name under which the forge finds the objects of the one repository. */
export const GIT_DIR = "memory:tally";

// One for each thread: 1,024 bits are a tenth of the work, and nothing here is secret.
const keys = generateKeyPairSync("rsa", {
  modulusLength: 1_024,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

/** A GitHub with one repository of robin's and one App that nobody has installed yet. */
export function createGithubData(files: Readonly<Record<string, string>>, now: () => Date): GithubData {
  const ids = { last: 1_000_000 };
  const state = { ...createState(), nextId: counting(ids) };
  const world = { state, now };
  const id = state.nextId();
  const app: AppIdentity = {
    id,
    nodeId: `A_${id}`,
    clientId: `Iv-${id}`,
    slug: "fixpoint",
    name: "fixpoint",
    owner: accountNamed(world, "operator", "User"),
    bot: accountNamed(world, "fixpoint[bot]", "Bot"),
    privateKey: keys.privateKey,
    publicKey: keys.publicKey,
    permissions: DEFAULT_PERMISSIONS,
    events: DEFAULT_EVENTS,
    createdAt: now(),
  };
  const store = emptyStore();
  const objects = createMemoryStore(store);
  const sha = commitFiles(objects, files, { at: now() });
  objects.setRef("refs/heads/main", sha);
  const repository = newRepository(state.nextId(), accountNamed(world, "robin", "User"), now());
  state.repositories.set(repository.id, repository);
  const actions = { id: 15_368, bot: accountNamed(world, "github-actions[bot]", "Bot") };
  return { state, ids, app, actions, repository, store, deliveries: [] };
}

/** The same GitHub once more, so that what happens to one does not happen to the other. Objects of git never change and are shared. */
export function copyGithubData(data: GithubData): GithubData {
  const { nextId: _, ...records } = data.state;
  const { ids, app, actions, repository, deliveries } = data;
  const copy = structuredClone({ records, ids, app, actions, repository, deliveries });
  const store = { objects: new Map(data.store.objects), refs: new Map(data.store.refs) };
  const { records: mine, ...rest } = copy;
  return { ...rest, state: { ...mine, nextId: counting(copy.ids) }, store };
}

function counting(ids: { last: number }): () => number {
  return () => {
    ids.last += 1;
    return ids.last;
  };
}

function newRepository(id: number, owner: Account, at: Date): Repository {
  return {
    id,
    name: "tally",
    owner,
    private: false,
    archived: false,
    defaultBranch: "main",
    gitDir: GIT_DIR,
    formerNames: [],
    collaborators: new Map(),
    labels: [],
    issues: new Map(),
    checkSuites: [],
    checkRuns: [],
    statuses: [],
    workflows: [],
    workflowRuns: [],
    signed: new Map(),
    protection: new Map(),
    rulesets: [],
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
  };
}
