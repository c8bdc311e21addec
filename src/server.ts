import type { Command } from "./commands/command.ts";
import type { Config } from "./config.ts";
import type { Blobs } from "./journal/journal.ts";
import type { Logger } from "./logger.ts";
import { createApp } from "./webhooks/app.ts";
import { createDoor, type Door, WEBHOOK_PATH } from "./webhooks/door.ts";
import { type Listener, listen } from "./webhooks/listen.ts";

export interface ServerDeps {
  config: Pick<Config, "web" | "github" | "run">;
  /** `command` resolves when the command is durable in the queue; `ready` says whether the queue can be reached now */
  producer: { command(command: Command): Promise<void>; ready(): Promise<boolean> };
  blobs: Pick<Blobs, "put">;
  /** told of the HTTP status of each answer to a delivery */
  answered(status: number): void;
  log: Logger;
}

/** A delivery that is not stored by then is answered 503, well within the 10 s that GitHub waits. */
const STORE_WITHIN_MS = 3_000;

/** Process 1: webhooks in. Answers when it listens; `stop` lets deliveries under way end. */
export async function startServer({ config, producer, blobs, answered, log }: ServerDeps): Promise<Listener> {
  const { host, port, webhookSecret } = config.web;
  if (webhookSecret === null) {
    log.warn(
      "WEBHOOK_SECRET is not set (or is `development`, which anybody can guess): every delivery is answered 503.",
    );
  }
  const { appId } = config.github;
  const { label, botIds } = config.run;
  const app = await createApp({
    github: config.github,
    rules: { appId, label, botIds },
    enqueue: (command) => producer.command(command),
    keep: (text) => blobs.put(text),
    log,
  });
  const door = createDoor({
    secret: webhookSecret,
    receive: app.receive,
    ready: () => producer.ready(),
    deadlineMs: STORE_WITHIN_MS,
    log,
  });
  const counting: Door = (request, response) => {
    if (request.url?.startsWith(WEBHOOK_PATH)) response.once("finish", () => answered(response.statusCode));
    door(request, response);
  };
  const listener = await listen(counting, { host, port });
  log.info({ url: `${listener.url}${WEBHOOK_PATH}` }, "listening for deliveries");
  return listener;
}
