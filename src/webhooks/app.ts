import { randomUUID } from "node:crypto";
import { Probot } from "probot";
import { z } from "zod";
import type { Command } from "../commands/command.ts";
import type { Logger } from "../logger.ts";
import { type Delivery, translate } from "./translate.ts";
import type { TranslationRules } from "./translation.ts";
import { type WantedEvent, wantedDeliveries } from "./wanted-events.ts";

export interface AppDeps {
  github: { appId: number; privateKey: string; apiUrl: string };
  rules: TranslationRules;
  /** resolves when the command is durable; the same delivery twice is one command */
  enqueue(command: Command): Promise<void>;
  /** keeps a text and gives its SHA-256 */
  keep(text: string): Promise<string>;
  log: Logger;
}

export interface App {
  /** resolves when all that the delivery asks for is durable */
  receive(delivery: { id: string; event: WantedEvent; payload: object }): Promise<void>;
}

/** What Probot itself looks at before it calls a handler, unchecked. */
const envelope = z.object({
  action: z.string().optional(),
  installation: z.object({ id: z.int().positive() }).optional(),
});

/**
 * The Probot app. Its handlers translate and enqueue, and never call GitHub. Every option is given here, so Probot reads none from
 * the environment. The door has checked the signature, so its secret is never used; left out, it would be the well-known `development`.
 */
export async function createApp(deps: AppDeps): Promise<App> {
  const { appId, privateKey, apiUrl } = deps.github;
  const probot = new Probot({
    appId,
    privateKey,
    secret: randomUUID(),
    baseUrl: apiUrl,
    log: quiet(deps.log),
  });
  probot.on([...wantedDeliveries], async (context) => {
    await take({ id: context.id, event: context.name, payload: context.payload }, deps);
  });
  await probot.ready();
  return {
    async receive({ id, event, payload }) {
      if (!envelope.safeParse(payload).success) {
        deps.log.warn(
          { deliveryId: id, event },
          "delivery ignored: its action or installation is not as expected",
        );
        return;
      }
      // Probot's types say what GitHub sends; what was sent is checked field by field in `translate`.
      await probot.receive({ id, name: event, payload } as Parameters<Probot["receive"]>[0]);
    },
  };
}

async function take(delivery: Delivery, deps: AppDeps): Promise<void> {
  const { id: deliveryId, event } = delivery;
  const translation = translate(delivery, deps.rules);
  if (translation.outcome !== "asked") {
    const level = translation.outcome === "ignored" ? "debug" : "warn";
    deps.log[level]({ deliveryId, event, because: translation.because }, "delivery ignored");
    return;
  }
  const { commands, body } = translation;
  // Before the commands: whoever performs it must find the text.
  if (body !== null) await deps.keep(body);
  for (const command of commands) await deps.enqueue(command);
  deps.log.info({ deliveryId, event, command: commands[0]?.kind }, "delivery taken");
}

/** Probot logs whole payloads, at `debug` and inside errors; they hold the text of private repositories, and may be nested without end. */
function quiet(log: Logger): Logger {
  const level = log.level === "trace" || log.level === "debug" ? "info" : log.level;
  const err = ({ name, message, stack }: Error) => ({ type: name, message, stack });
  return log.child({ room: "probot" }, { level, serializers: { err } });
}
