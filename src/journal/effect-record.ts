import type { Redis } from "ioredis";
import { z } from "zod";
import type { EffectRecord } from "../run/effect-record.ts";
import { createKeys } from "./keys.ts";
import { createScript } from "./script.ts";

const ttlMs = 30 * 24 * 60 * 60 * 1_000;

const receiptSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const storedSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("intended"), op: z.string(), argsHash: z.string() }),
  z.object({
    status: z.literal("done"),
    op: z.string(),
    how: z.enum(["made", "adopted"]),
    receipt: receiptSchema,
  }),
]);
type Stored = z.infer<typeof storedSchema>;

const keepScript = createScript(`
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  return redis.call('PEXPIRE', KEYS[1], ARGV[3])
`);

/**
 * Intents and receipts of writes that belong to no run, such as the answer to an outsider's command. Kept for 30 days.
 * `scope` is what they answer (`delivery:<id>`); `check` throws `LeaseLost` when this worker may no longer write.
 */
export async function createEffectRecord(
  redis: Redis,
  prefix: string,
  scope: string,
  check: () => void = () => {},
): Promise<EffectRecord> {
  const key = createKeys(prefix).effects(scope);
  const known = new Map<string, Stored>();
  for (const [opKey, text] of Object.entries(await redis.hgetall(key))) {
    known.set(opKey, storedSchema.parse(JSON.parse(text)));
  }

  async function keep(opKey: string, entry: Stored) {
    await keepScript(redis, [key], [opKey, JSON.stringify(entry), ttlMs]);
    known.set(opKey, entry);
  }

  return {
    receiptOf(opKey) {
      const entry = known.get(opKey);
      return entry?.status === "done" ? entry.receipt : null;
    },
    wasIntended: (opKey) => known.has(opKey),
    async intend({ opKey, op, argsHash }) {
      check();
      await keep(opKey, { status: "intended", op, argsHash });
    },
    // What was done is worth recording even by a worker that may write nothing more.
    done: ({ opKey, op, how, receipt }) => keep(opKey, { status: "done", op, how, receipt }),
    check,
  };
}
