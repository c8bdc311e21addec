import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Answer } from "./call.ts";
import { answerWith } from "./fault.ts";
import { asFields, type Fields } from "./fields.ts";
import { matchGit, serveGit } from "./git/smart-http.ts";
import { answerGraphql } from "./graphql/door.ts";
import { Refusal } from "./refusal.ts";
import { readLog } from "./rest/actions.ts";
import type { Router } from "./router.ts";
import { actorName, authenticate } from "./tokens.ts";
import type { Actor, World } from "./world.ts";

/** One request to the API or to git, for assertions. `status` stays 0 when no answer was sent. */
export type RequestRecord = {
  method: string;
  path: string;
  query: string;
  actor: string;
  status: number;
  at: Date;
};

const MAX_BODY = 100 * 1024 * 1024;

type Deps = { world: World; route: Router; requests: RequestRecord[] };

/** The one server of the forge: the API, GraphQL, git and logs, told apart by their paths. */
export const createDoor = (deps: Deps): Server =>
  createServer((request, response) => {
    serve(deps, request, response).catch((error: unknown) => {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      deps.world.log(`forge: ${request.method} ${request.url}: ${what}`);
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: "Server Error", status: "500" }));
    });
  });

async function serve(
  { world, route, requests }: Deps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", world.url);
  const log = /^\/_logs\/(\d+)\/(jobs|runs)\/(\d+)$/.exec(url.pathname);
  if (log !== null) return serveLog(world, response, Number(log[1]), log[2] === "jobs", Number(log[3]));
  const who = identify(world, request);
  const record: RequestRecord = {
    method: request.method ?? "GET",
    path: url.pathname.replace(/^\/api\/v3(?=\/)/, ""),
    query: url.search,
    actor: who instanceof Refusal ? "anonymous" : actorName(world, who),
    status: 0,
    at: world.now(),
  };
  requests.push(record);
  const fault = world.levers.strike(record);
  const git = matchGit(url.pathname);
  if (git !== null) {
    record.status = await serveGit({ world, who, request, response, url, fault }, git);
    return;
  }
  const bytes = await readBody(request);
  const act = async (): Promise<Answer> => {
    if (who instanceof Refusal) throw who;
    const { method, path } = record;
    const headers = flatHeaders(request);
    const call = {
      world,
      actor: who,
      method,
      path,
      query: url.searchParams,
      headers,
      body: parseBody(bytes),
      params: {},
    };
    if (url.pathname === "/api/graphql") return answerGraphql(call);
    if (!url.pathname.startsWith("/api/v3/")) throw new Refusal(404, { message: "Not Found" });
    return route(call);
  };
  record.status = await answerWith(world, fault, { request, response, act });
}

function identify(world: World, request: IncomingMessage): Actor | Refusal {
  try {
    return authenticate(world, request.headers.authorization);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function serveLog(
  world: World,
  response: ServerResponse,
  repositoryId: number,
  isJob: boolean,
  id: number,
): void {
  const runs = world.state.repositories.get(repositoryId)?.workflowRuns ?? [];
  const run = runs.find((one) => (isJob ? one.jobs.some((job) => job.id === id) : one.id === id));
  if (run === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { type, bytes } = readLog(run, isJob ? id : null);
  response.writeHead(200, { "content-type": type, "content-length": String(bytes.length) }).end(bytes);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Refusal(413, { message: "Payload Too Large" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseBody(bytes: Buffer): Fields {
  if (bytes.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new Refusal(400, { message: "Problems parsing JSON" });
  }
  // A bare array is what the labels endpoints take of old.
  return Array.isArray(value) ? { labels: value } : asFields(value);
}

const flatHeaders = (request: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
