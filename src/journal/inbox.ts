import type { Redis } from "ioredis";
import type { z } from "zod";
import { eventSchemas } from "../run/events.ts";
import type { InboxEntry, Journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { createScript } from "./script.ts";

const entrySchema: z.ZodType<InboxEntry> = eventSchemas["command.received"];

/**
 * The number before the entry keeps the order of arrival. The run becomes due, so that a lost hint costs a second: one that has ended too, since
 * whoever thawed or was slow may deliver to it when nobody looks at it any more.
 */
const deliverScript = createScript(`
  local inbox, view, due = unpack(KEYS)
  local run, delivery, entry = unpack(ARGV)
  if redis.call('HEXISTS', inbox, delivery) == 1 then return 0 end
  local order = redis.call('HINCRBY', view, 'delivered', 1)
  redis.call('HSET', inbox, delivery, order .. ':' .. entry)
  if redis.call('HEXISTS', view, 'repository') == 1 then redis.call('ZADD', due, 0, run) end
  return 1
`);

type InboxPart = Pick<Journal, "deliver" | "inbox" | "clearInbox">;

export function createInbox(redis: Redis, keys: Keys): InboxPart {
  return {
    async deliver(runId, entry) {
      const touched = [keys.inbox(runId), keys.view(runId), keys.due];
      await deliverScript(redis, touched, [
        runId,
        entry.deliveryId,
        JSON.stringify(entrySchema.parse(entry)),
      ]);
    },
    async inbox(runId) {
      const stored = await redis.hvals(keys.inbox(runId));
      return stored
        .map((text) => ({ order: Number.parseInt(text, 10), text: text.slice(text.indexOf(":") + 1) }))
        .sort((a, b) => a.order - b.order)
        .map(({ text }) => entrySchema.parse(JSON.parse(text)));
    },
    async clearInbox(runId, deliveryIds) {
      if (deliveryIds.length > 0) await redis.hdel(keys.inbox(runId), ...deliveryIds);
    },
  };
}
