import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

export interface EndpointRequest {
  path: string;
  headers: IncomingHttpHeaders;
  raw: string;
}

export interface Endpoint {
  /** ends in /v1 */
  url: string;
  requests: EndpointRequest[];
  stop(): Promise<void>;
}

/** A tiny HTTP server that plays a model endpoint, also a bad one: `answer` writes whatever it likes. */
export async function createEndpoint(
  answer: (response: ServerResponse, request: EndpointRequest, index: number) => void,
): Promise<Endpoint> {
  const requests: EndpointRequest[] = [];
  const server = createServer((incoming, response) => {
    void text(incoming).then((raw) => {
      const request = { path: incoming.url ?? "", headers: incoming.headers, raw };
      requests.push(request);
      answer(response, request, requests.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
