import type { IncomingMessage, ServerResponse } from "node:http";

/** One short line of text, for whoever looks at the delivery on GitHub's page. */
export function answerRequest(response: ServerResponse, status: number, words: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, headersFor(words)).end(words);
}

/** How long a refused sender may go on before the connection is cut. */
const LINGER_MS = 1_000;

/**
 * Answers before the body has been read, and closes. Closing at once would reset the connection, and the sender, still busy
 * writing, would never see the answer (RFC 9112 §9.6); so what still comes is thrown away for a moment.
 */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  words: string,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headersFor(words), connection: "close" });
  response.write(words);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once("end", end).once("close", end).resume();
}

function headersFor(words: string): Record<string, string | number> {
  return { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(words) };
}
