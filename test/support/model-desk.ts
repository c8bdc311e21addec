import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Script } from "../../demo/model/script.ts";
import { createScriptedModel, type ScriptedModel } from "../../demo/model/server.ts";

/** One model endpoint for many repositories: each has a scripted model of its own, found by the repository that the request names. */
export interface ModelDesk {
  url: string;
  seat(repository: string, script: Script): Promise<ScriptedModel>;
  /** requests that named no repository of ours */
  readonly astray: string[];
  stop(): Promise<void>;
}

export async function createModelDesk(): Promise<ModelDesk> {
  const seats = new Map<string, ScriptedModel>();
  const astray: string[] = [];
  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request);
    // As it stands in the JSON of the request: `prompts.ts` begins each opening with this line.
    const named = [...seats.keys()].find((repository) => raw.includes(`Repository: ${repository}\\n`));
    const seat = named === undefined ? undefined : seats.get(named);
    if (!seat) {
      astray.push(raw);
      response.writeHead(404).end();
      return;
    }
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const answer = await fetch(seat.url.replace(/\/v1$/, request.url ?? "/"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: request.headers.authorization ?? "",
      },
      body: raw,
      signal: gone.signal,
    });
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, { "content-type": "application/json" }).end(body);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    astray,
    async seat(repository, script) {
      const model = await createScriptedModel({ script });
      seats.set(repository, model);
      return model;
    },
    async stop() {
      await Promise.all([...seats.values()].map((seat) => seat.stop()));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
