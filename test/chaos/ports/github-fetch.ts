import type { Gate } from "../gate.ts";
import type { Answered, Request } from "./memory-github.ts";

const takesMs = 50;

/**
 * What one process uses as `fetch`: the same requests as over the network, and its errors. `send` is called when a request leaves, and what
 * it returns when the request arrives.
 */
export function createGithubFetch(
  send: (request: Request) => () => Promise<Answered>,
  gate: Gate,
): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const url = String(input);
    const method = init.method ?? "GET";
    const what = `${method} ${new URL(url).pathname.replace(/^\/api\/v3/, "")}`;
    const request = {
      method,
      url,
      headers: init.headers as Record<string, string>,
      body: init.body as string,
    };
    const answer = gate({ port: "github", what, takesMs, broken: connectionLost }, send(request));
    return responseOf(url, await orAborted(answer, init.signal ?? null));
  };
}

/** As undici words a connection that was cut. */
export function connectionLost(): TypeError {
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  return new TypeError("fetch failed", { cause });
}

function orAborted<T>(answer: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Only what Octokit reads of a response: the real one takes streams, which cost turns of the event loop. */
function responseOf(url: string, { status, headers, text }: Answered): Response {
  const response = {
    url,
    status,
    ok: status < 400,
    headers: new Map(Object.entries(headers)),
    body: text,
    text: async () => text,
    arrayBuffer: async () => Buffer.from(text).buffer,
  };
  return response as unknown as Response;
}
