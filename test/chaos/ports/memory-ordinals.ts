import type { Ordinals } from "../../../src/journal/ordinals.ts";
import type { Gate } from "../gate.ts";
import type { Shelf } from "./shelf.ts";

/** How many runs an issue had, without Redis. */
export function createMemoryOrdinals({ shelf, gate }: { shelf: Shelf; gate: Gate }): Ordinals {
  return {
    raise: (repositoryId, issueNumber, reached) =>
      gate({ port: "redis", what: "raise ordinal" }, () => {
        const issue = `${repositoryId}:${issueNumber}`;
        const marks = shelf.issues.get(issue) ?? {
          active: null,
          newest: null,
          ordinal: 0,
          deliveries: new Map(),
        };
        shelf.issues.set(issue, { ...marks, ordinal: Math.max(marks.ordinal, reached) });
      }),
  };
}
