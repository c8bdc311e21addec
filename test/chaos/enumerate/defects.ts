import type { PriceTable } from "../../../src/agent/prices.ts";
import { chainEvent } from "../../../src/journal/hash-chain.ts";
import type { Journal, Lease, Leases } from "../../../src/journal/journal.ts";
import { checkedEvent, entryText } from "../../../src/journal/log-entry.ts";
import type { Gate } from "../gate.ts";
import type { Shelf } from "../ports/shelf.ts";

/** A part of the product that is broken on purpose, to see that the invariants notice. */
export interface Defect {
  fetch?(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  leases?(leases: Leases): Leases;
  append?(parts: { shelf: Shelf; now(): number; gate: Gate }): Journal["append"];
  prices?(prices: PriceTable): PriceTable;
}

/** Every effect acts without looking: what it asks GitHub for after doubt is never there. */
const blind: Defect = {
  fetch: (fetch) => async (input, init) => {
    const found = await fetch(input, init);
    const isList = /\/issues\/\d+\/comments|\/check-runs\?|\/commits\/[^/]+\/check-runs/.test(String(input));
    if (!isList || (init?.method ?? "GET") !== "GET" || !found.ok) return found;
    const text = String(input).includes("check-runs") ? '{"total_count":0,"check_runs":[]}' : "[]";
    return { ...found, text: async () => text, body: text } as unknown as Response;
  },
};

/** A worker believes in its lease for ever. */
const unfenced: Defect = {
  leases: (leases) => ({
    orphans: () => leases.orphans(),
    async take(runId) {
      const lease = await leases.take(runId);
      return lease ? believed(lease) : null;
    },
  }),
};

function believed(lease: Lease): Lease {
  return {
    runId: lease.runId,
    worker: lease.worker,
    epoch: lease.epoch,
    signal: new AbortController().signal,
    check: () => {},
    release: (options) => lease.release(options),
  };
}

/** So does its journal: it asks for no epoch, and puts whatever comes below what is there. */
const lenient: Defect = {
  ...unfenced,
  append:
    ({ shelf, now, gate }) =>
    (lease, last, newEvent) =>
      gate({ port: "redis", what: `append ${newEvent.kind}` }, () => {
        const log = shelf.logs.get(lease.runId) ?? [];
        const tail = { seq: log.length, hash: log.at(-1)?.hash ?? last.hash };
        const event = chainEvent(tail, now(), checkedEvent(newEvent));
        log.push({ id: `${event.seq}-0`, event: entryText(event), hash: event.hash, lease: "0:anybody" });
        return event;
      }),
};

/** The price table has a zero too many. */
const cheap: Defect = {
  prices: ({ version, rows }) => ({
    version,
    rows: new Map(
      [...rows].map(([model, { input, cached, output }]) => [
        model,
        { input: input / 10, cached: cached / 10, output: output / 10 },
      ]),
    ),
  }),
};

export const defects = { blind, unfenced, lenient, cheap };
