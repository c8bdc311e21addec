import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Answer, Call } from "./call.ts";
import { asFields, type Fields } from "./fields.ts";
import { matchGit, serveGit } from "./git/smart-http.ts";
import { answerGraphql } from "./graphql/door.ts";
import type { Fault } from "./levers.ts";
import { Refusal } from "./refusal.ts";
import { readLog } from "./rest/actions.ts";
import type { Router } from "./router.ts";
import { actorName, authenticate, etagOf } from "./tokens.ts";
import type { Actor, World } from "./world.ts";

/** One request to the API or to git, for assertions. `status` is 0 while there is no answer, and stays 0 when it was cut off. */
export type RequestRecord = {
  method: string;
  path: string;
  query: string;
  actor: string;
  status: number;
  at: Date;
};

const MAX_BODY = 100 * 1024 * 1024;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

type Door = { world: World; route: Router; requests: RequestRecord[] };

export const createDoor = (door: Door): Server =>
  createServer((request, response) => {
    serve(door, request, response).catch((error: unknown) => {
      door.world.log(
        `forge: ${request.method} ${request.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: "Server Error", status: "500" }));
    });
  });

async function serve(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { world } = door;
  const url = new URL(request.url ?? "/", world.url);
  const record: RequestRecord = {
    method: request.method ?? "GET",
    path: url.pathname.replace(/^\/api\/v3(?=\/)/, ""),
    query: url.search,
    actor: "anonymous",
    status: 0,
    at: world.now(),
  };
  door.requests.push(record);
  let actor: Actor = { kind: "anonymous" };
  let refused: Refusal | null = null;
  try {
    actor = authenticate(world, request.headers.authorization);
    record.actor = actorName(world, actor);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refused = error;
  }
  const git = matchGit(url.pathname);
  const fault = world.levers.strike({ method: record.method, path: record.path, actor: record.actor });
  if (git !== null) {
    if (await strikeGit(fault, request, response)) return;
    response.on("close", () => {
      record.status = response.statusCode;
    });
    if (refused === null) return serveGit({ world, actor, request, response, url }, git);
    response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end("Bad credentials");
    return;
  }
  const log = /^\/_logs\/(\d+)\/(jobs|runs)\/(\d+)$/.exec(url.pathname);
  if (log !== null) return serveLog(world, response, Number(log[1]), log[2] === "jobs", Number(log[3]));
  const body = await readBody(request);
  const act = async (): Promise<Answer> => {
    if (refused !== null) throw refused;
    const call: Call = {
      world,
      actor,
      method: record.method,
      path: record.path,
      query: url.searchParams,
      headers: flatHeaders(request),
      body: parseBody(body),
      params: {},
    };
    if (url.pathname === "/api/graphql") return answerGraphql(call);
    if (!url.pathname.startsWith("/api/v3/")) throw new Refusal(404, { message: "Not Found" });
    return door.route(call);
  };
  await strikeApi(world, fault, act, request, response, record);
}

/** Does the work, unless a lever says otherwise, and answers, unless a lever says otherwise. */
async function strikeApi(
  world: World,
  fault: Fault | null,
  act: () => Promise<Answer>,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
): Promise<void> {
  if (fault !== null && "dropBefore" in fault) return void request.socket.destroy();
  if (fault !== null && "delayMs" in fault) await pause(fault.delayMs);
  if (fault !== null && "applyLaterMs" in fault) {
    // The caller hears nothing; the work is done behind its back, as a late commit in a data centre.
    world.activity.start("late request", async () => {
      await pause(fault.applyLaterMs);
      await settle(act);
    });
    return;
  }
  if (fault !== null && "status" in fault) {
    if (fault.applied === true) await settle(act);
    record.status = fault.status;
    const bytes = Buffer.from(
      typeof fault.body === "string"
        ? fault.body
        : JSON.stringify(fault.body ?? { message: "Fault injected" }),
    );
    response.writeHead(fault.status, { "content-type": "application/json; charset=utf-8", ...fault.headers });
    response.end(bytes);
    return;
  }
  const answer = await settle(act);
  if (fault !== null && "dropAfter" in fault) return void request.socket.destroy();
  record.status = write(
    world,
    request,
    response,
    answer,
    fault !== null && "truncate" in fault ? fault.truncate : null,
  );
}

async function strikeGit(
  fault: Fault | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (fault === null) return false;
  if ("dropBefore" in fault) request.socket.destroy();
  else if ("status" in fault) response.writeHead(fault.status, fault.headers).end();
  else if ("delayMs" in fault) {
    await pause(fault.delayMs);
    return false;
  } else if ("dropAfter" in fault) {
    // The push is done; the answer is lost on the way.
    const end = response.end.bind(response);
    response.write = () => true;
    response.end = () => {
      request.socket.destroy();
      return end();
    };
    return false;
  }
  return "dropBefore" in fault || "status" in fault;
}

async function settle(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: error.body, headers: error.headers };
  }
}

function write(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  cut: number | null,
): number {
  const text = answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const headers: Record<string, string> = {
    "content-type":
      answer.text === undefined ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
    "x-github-request-id": `FORGE:${world.state.nextId().toString(16).toUpperCase()}`,
    "x-github-media-type": "github.v3; format=json",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-ratelimit-used": "1",
    "x-ratelimit-reset": String(Math.floor(world.now().getTime() / 1000) + 3_600),
    "x-ratelimit-resource": "core",
    ...answer.headers,
  };
  if (request.method === "GET" && answer.status === 200) {
    headers["etag"] = etagOf(bytes);
    if (request.headers["if-none-match"] === headers["etag"]) {
      response.writeHead(304, headers).end();
      return 304;
    }
  }
  if (answer.status === 204) {
    response.writeHead(204, headers).end();
    return 204;
  }
  response.writeHead(answer.status, { ...headers, "content-length": String(bytes.length) });
  if (cut === null) response.end(request.method === "HEAD" ? undefined : bytes);
  else response.write(bytes.subarray(0, cut), () => request.socket.destroy());
  return answer.status;
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
  if (run === undefined) return void response.writeHead(404).end();
  const { type, bytes } = readLog(run, isJob ? id : null);
  response.writeHead(200, { "content-type": type, "content-length": String(bytes.length) }).end(bytes);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Refusal(413, { message: "Payload Too Large" });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parseBody(bytes: Buffer): Fields {
  if (bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    // A bare array is what `labels` endpoints take of old.
    return Array.isArray(value) ? { labels: value } : asFields(value);
  } catch {
    throw new Refusal(400, { message: "Problems parsing JSON" });
  }
}

const flatHeaders = (request: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
