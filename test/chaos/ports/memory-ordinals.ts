import type { Ordinals } from "../../../src/journal/ordinals.ts";
import type { Gate } from "../gate.ts";
import { marksOf, type Shelf } from "./shelf.ts";

/** How many runs an issue had, without Redis. */
export function createMemoryOrdinals({ shelf, gate }: { shelf: Shelf; gate: Gate }): Ordinals {
  return {
    raise: (repositoryId, issueNumber, reached) =>
      gate({ port: "redis", what: "raise ordinal" }, () => {
        const marks = marksOf(shelf, `${repositoryId}:${issueNumber}`);
        marks.ordinal = Math.max(marks.ordinal, reached);
      }),
  };
}
