import type { Redis } from "ioredis";
import type { Logger } from "../logger.ts";

/** Above this part of `maxmemory` no new work is taken in, so that the work under way can still be recorded. */
const PAUSE_ABOVE = 0.8;
/** How long an answer counts (ms): one question a second, whatever comes in. */
const ASK_EVERY_MS = 1_000;

/** Whether Redis has room for more work. Told once when it has none any more, and once when it has again. */
export function createHeadroom(redis: Redis, log: Logger): () => Promise<boolean> {
  let asked: { at: number; answer: Promise<boolean> } | undefined;
  let state: "room" | "full" = "room";

  async function ask(): Promise<boolean> {
    const used = await usedPart(redis);
    const now = used > PAUSE_ABOVE ? "full" : "room";
    const percent = Math.round(used * 100);
    if (now === "full" && state === "room")
      log.error({ percent }, "Redis is nearly full, so deliveries are answered 503: raise its `maxmemory`");
    if (now === "room" && state === "full")
      log.info({ percent }, "Redis has room again, and deliveries are taken");
    state = now;
    return now === "room";
  }

  return () => {
    const at = performance.now();
    if (!asked || at - asked.at > ASK_EVERY_MS) {
      const answer = ask();
      asked = { at, answer };
      // Redis is away: that is no answer to keep.
      answer.catch(() => {
        asked = undefined;
      });
    }
    return asked.answer;
  };
}

/** 0 where there is no limit, or where this user may not ask. */
async function usedPart(redis: Redis): Promise<number> {
  const info = await redis.info("memory").catch((error: unknown) => {
    if (error instanceof Error && /^NOPERM|unknown command/i.test(error.message)) return "";
    throw error;
  });
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const most = field("maxmemory");
  return most === 0 ? 0 : field("used_memory") / most;
}
