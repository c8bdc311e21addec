import type { IncomingMessage, ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";

/** `GET /metrics`, on an address of its own that the internet need not reach; it tells numbers only. */
export function createMetricsDoor(
  metrics: Metrics,
): (request: IncomingMessage, response: ServerResponse) => void {
  return ({ method, url }, response) => {
    if (url?.split("?", 1)[0] !== "/metrics" || (method !== "GET" && method !== "HEAD")) {
      response.writeHead(404, { "content-type": "text/plain" }).end("The numbers are at /metrics.\n");
      return;
    }
    metrics.page().then(
      ({ type, text }) => response.writeHead(200, { "content-type": type }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}
