import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type Api, findPlace, type Place } from "./conversation.ts";
import { modelList, type Reply, refusal, replyTo } from "./reply.ts";
import type { Script } from "./script.ts";
import { createTokenCounter } from "./tokens.ts";

/** One request as it came in. `raw` is its body as text, so that prefixes can be compared exactly. Times are epoch milliseconds. */
type RecordedRequest = {
  api: Api;
  raw: string;
  body: unknown;
  place: Place | null;
  receivedAt: number;
  /** Null while the answer is not out yet, and for ever when the client went away first. */
  answered: { status: number; at: number } | null;
};

type Failure = {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  times?: number;
  /** requests of other phases are answered as ever, and do not count */
  phase?: string;
};
type Trouble = { phase: string | null; instead: Reply | "hang" };

export type ScriptedModel = {
  /** Base URL for an OpenAI client; ends in `/v1`. */
  url: string;
  requests: RecordedRequest[];
  /** The next request (or the next `times` requests) gets this status instead of an answer. */
  failNext(failure: Failure): void;
  /** The next request (or the next `times` requests), of this phase if one is named, is read and never answered. */
  hang(times?: number, phase?: string): void;
  /** Milliseconds for every answer from now on, instead of the script's. */
  setLatency(ms: number): void;
  stop(): Promise<void>;
};

type Options = { script: Script; port?: number; latencyMs?: number; log?: (line: string) => void };

const apis: Record<string, Api> = { "/v1/chat/completions": "chat", "/v1/responses": "responses" };

/**
 * Starts a server on 127.0.0.1 that speaks the OpenAI HTTP API and answers from a script. Which answer comes is found
 * from the request alone (see conversation.ts), so clients may crash, repeat and resume.
 */
export async function createScriptedModel(options: Options): Promise<ScriptedModel> {
  const { script, log = () => undefined } = options;
  const requests: RecordedRequest[] = [];
  const troubles: Trouble[] = [];
  const count = createTokenCounter();
  let latencyMs = options.latencyMs ?? script.latencyMs;

  const takeTrouble = (phase: string | null): Trouble["instead"] | null => {
    const at = troubles.findIndex((trouble) => trouble.phase === null || trouble.phase === phase);
    return at === -1 ? null : (troubles.splice(at, 1)[0]?.instead ?? null);
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const api = apis[path];
    if (request.method === "GET" && path === "/v1/models") return send(response, modelList(script));
    if (!api || request.method !== "POST") {
      return send(response, refusal(404, "not_found", `There is no ${request.method} ${path} here.`));
    }
    const recorded = await record(api, request);
    requests.push(recorded);
    response.on("finish", () => {
      recorded.answered = { status: response.statusCode, at: Date.now() };
    });
    const trouble = takeTrouble(recorded.place?.phase ?? null);
    if (trouble === "hang") return;
    const reply =
      trouble ?? replyTo(script, count, { ...recorded, authorization: request.headers.authorization });
    log(`${describePlace(recorded.place)} -> ${reply.status}`);
    // Only answers take the model's time; a refusal comes at once.
    if (reply.status === 200) await pause(latencyMs, response);
    send(response, reply);
  };

  const server = await listen(options.port ?? 0, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      log(`a connection broke: ${String(error)}`);
      response.destroy();
    });
  });

  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    requests,
    failNext: ({ times = 1, phase, ...failure }) => {
      const { body } = refusal(
        failure.status,
        "injected",
        "The scripted model was told to fail this request.",
      );
      const instead = { body, ...failure };
      troubles.push(...Array.from({ length: times }, () => ({ phase: phase ?? null, instead })));
    },
    hang: (times = 1, phase) => {
      const trouble: Trouble = { phase: phase ?? null, instead: "hang" };
      troubles.push(...Array.from({ length: times }, () => trouble));
    },
    setLatency: (ms) => {
      latencyMs = ms;
    },
    stop: server.stop,
  };
}

async function listen(
  port: number,
  listener: RequestListener,
): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: typeof address === "object" && address ? address.port : port, stop };
}

async function record(api: Api, request: IncomingMessage): Promise<RecordedRequest> {
  const receivedAt = Date.now();
  const raw = await text(request);
  let body: unknown = null;
  try {
    body = JSON.parse(raw);
  } catch {
    // Stays null, and is refused with a reason.
  }
  return { api, raw, body, place: findPlace(api, body), receivedAt, answered: null };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed) return;
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(payload);
}

/** Ends early when the client goes away, so that no timer outlives its request. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function describePlace(place: Place | null): string {
  return place ? `${place.phase}, answer ${place.index + 1}` : "a request without a phase";
}
