import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./call.ts";
import type { World } from "./world.ts";

/** An ETag as GitHub words it, over the bytes of an answer. */
const etagOf = (bytes: Buffer): string => `W/"${createHash("sha256").update(bytes).digest("hex")}"`;

/** The headers that every answer of GitHub's API has. */
function commonHeaders(world: World, answer: Answer): Record<string, string> {
  return {
    "content-type": `${answer.text === undefined ? "application/json" : "text/plain"}; charset=utf-8`,
    "x-github-request-id": `FORGE:${world.state.nextId().toString(16).toUpperCase()}`,
    "x-github-media-type": "github.v3; format=json",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-ratelimit-used": "1",
    "x-ratelimit-reset": String(Math.floor(world.now().getTime() / 1000) + 3_600),
    "x-ratelimit-resource": "core",
  };
}

/**
 * Writes an answer out, with an ETag, or as 304 when the caller has it already. `cut` ends the connection after so many bytes.
 * Gives back the status that was sent.
 */
export function writeAnswer(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  cut: number | null,
): number {
  const text = answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const headers: Record<string, string> = { ...commonHeaders(world, answer), ...answer.headers };
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && answer.status === 200) {
    const etag = etagOf(bytes);
    headers["etag"] = etag;
    if (request.headers["if-none-match"] === etag) {
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
