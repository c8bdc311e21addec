import { verifyChain } from "../../../../src/journal/hash-chain.ts";
import type { Played } from "../play.ts";

/** Asked of what is stored, and of nothing that was read before. */
export function chainFaults({ outside }: Played): string[] {
  return [...outside.shelf.logs].flatMap(([runId, log]) => {
    const fault = verifyChain(log.map(({ event, hash }) => ({ ...JSON.parse(event), hash })));
    return fault ? [`entry ${fault.seq} of ${runId}: ${fault.problem}`] : [];
  });
}
