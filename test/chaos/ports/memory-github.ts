import type { Answer } from "../../../demo/forge/call.ts";
import { emit } from "../../../demo/forge/emit.ts";
import { asFields } from "../../../demo/forge/fields.ts";
import { createMemoryStore } from "../../../demo/forge/git/memory-store.ts";
import { mountStore } from "../../../demo/forge/git/object-store.ts";
import { answerGraphql } from "../../../demo/forge/graphql/door.ts";
import { createLevers } from "../../../demo/forge/levers.ts";
import { createPerson, type Person } from "../../../demo/forge/person.ts";
import { Refusal } from "../../../demo/forge/refusal.ts";
import { createRestRouter } from "../../../demo/forge/rest/routes.ts";
import { findAccount } from "../../../demo/forge/state.ts";
import { authenticate } from "../../../demo/forge/tokens.ts";
import type { Happening, WorkflowPort, World } from "../../../demo/forge/world.ts";
import { wantedDeliveries } from "../../../src/webhooks/wanted-events.ts";
import { type Delivery, GIT_DIR, type GithubData } from "./github-data.ts";

export const API_URL = "http://github.test/api/v3";

export interface Request {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}

export interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export interface MemoryGithub {
  world: World;
  /** what the API answers; nothing else happens meanwhile */
  answer(request: Request): Promise<Answered>;
  person(login: string): Person;
}

const route = createRestRouter();
const wanted: ReadonlySet<string> = new Set(wantedDeliveries);

/**
 * The forge without a network, a disk or git: its own routes, rights, records and webhooks over plain data.
 * `onDelivery` takes what is to be sent to the App, as far as the App reads it; `onHappening` sees everything.
 */
export function createMemoryGithub(
  data: GithubData,
  deps: {
    now: () => Date;
    workflows: WorkflowPort;
    onDelivery(delivery: Delivery): void;
    onHappening(happening: Happening): void;
  },
): MemoryGithub {
  mountStore(GIT_DIR, createMemoryStore(data.store));
  const never = () => {
    throw new Error("Deliveries are sent by the story, not by the forge.");
  };
  const sender = {
    all: [],
    redeliver: never,
    setHook: never,
    send: ({ event, payload }: { event: string; payload: object }) => {
      const guid = `guid-${data.deliveries.length + 1}`;
      const delivery: Delivery = { guid, event, payload, status: "pending", attempts: 0 };
      data.deliveries.push(delivery);
      deps.onDelivery(delivery);
    },
  };
  const world: World = {
    url: new URL(API_URL).origin,
    api: API_URL,
    dataDir: "/nowhere",
    log: () => {},
    now: deps.now,
    app: data.app,
    actions: data.actions,
    state: data.state,
    activity: { start: never, settled: async () => {} },
    levers: createLevers(() => {}),
    deliveries: sender,
    emit: (happening) => {
      // What ends at the door unread is not even written: most of it are our own edits.
      if (wanted.has(happening.event) || wanted.has(`${happening.event}.${happening.action}`))
        emit(world, sender, happening);
      deps.onHappening(happening);
    },
    workflows: deps.workflows,
    // Each request is played to its end before the next one begins.
    exclusive: (_repository, work) => work(),
  };
  return {
    world,
    answer: (request) => answer(world, request),
    person(login) {
      const account = findAccount(data.state, login);
      if (account === null) throw new Error(`There is no account ${login}.`);
      return createPerson(world, route, account, `token of ${login}`);
    },
  };
}

async function answer(world: World, request: Request): Promise<Answered> {
  const answered = await dispatch(world, request).catch((error: unknown): Answer => {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: error.body, headers: error.headers };
  });
  const text = answered.text ?? (answered.body === undefined ? "" : JSON.stringify(answered.body));
  const type = answered.text === undefined ? "application/json" : "text/plain";
  return {
    status: answered.status,
    headers: { "content-type": `${type}; charset=utf-8`, ...answered.headers },
    text: typeof text === "string" ? text : text.toString("utf8"),
  };
}

async function dispatch(world: World, { method, url, headers, body }: Request): Promise<Answer> {
  const { pathname, searchParams } = new URL(url);
  const call = {
    world,
    actor: authenticate(world, headers["authorization"]),
    method,
    path: pathname.replace(/^\/api\/v3(?=\/)/, ""),
    query: searchParams,
    headers,
    body: asFields(body === undefined || body === "" ? {} : JSON.parse(body)),
    params: {},
  };
  return pathname === "/api/graphql" ? answerGraphql(call) : route(call);
}
