import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/** One JSON line an event on stderr, so that stdout stays free for results. `secrets` never reach a line, whatever object carries them. */
export function createLogger(options: { level: string; name: string }): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      redact: {
        paths: ["*.authorization", "*.token", "*.privateKey", "*.apiKey", "headers.authorization"],
        censor: "[redacted]",
      },
    },
    pino.destination(2),
  );
}
