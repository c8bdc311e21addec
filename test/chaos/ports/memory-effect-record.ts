import type { EffectRecord } from "../../../src/run/effect-record.ts";
import type { Receipt } from "../../../src/run/run.ts";
import type { Gate } from "../gate.ts";
import type { Shelf } from "./shelf.ts";

type Kept = { status: "intended" } | { status: "done"; receipt: Receipt };

/** Intents and receipts of writes that belong to no run, by what they answer. */
export async function createMemoryEffectRecord(
  { shelf, gate }: { shelf: Shelf; gate: Gate },
  scope: string,
  check: () => void = () => {},
): Promise<EffectRecord> {
  const stored = await gate({ port: "redis", what: "read effects" }, () => [
    ...(shelf.effects.get(scope) ?? []),
  ]);
  const known = new Map(stored.map(([opKey, text]) => [opKey, JSON.parse(text) as Kept]));

  async function keep(opKey: string, kept: Kept): Promise<void> {
    await gate({ port: "redis", what: `keep effect ${kept.status}` }, () => {
      const ofScope = shelf.effects.get(scope) ?? new Map<string, string>();
      shelf.effects.set(scope, ofScope.set(opKey, JSON.stringify(kept)));
    });
    known.set(opKey, kept);
  }

  return {
    receiptOf(opKey) {
      const kept = known.get(opKey);
      return kept?.status === "done" ? kept.receipt : null;
    },
    wasIntended: (opKey) => known.has(opKey),
    async intend({ opKey }) {
      check();
      await keep(opKey, { status: "intended" });
    },
    done: ({ opKey, receipt }) => keep(opKey, { status: "done", receipt }),
    check,
  };
}
