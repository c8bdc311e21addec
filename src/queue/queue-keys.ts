import { createHash } from "node:crypto";

/** Two kinds of job, each with a queue of its own, so that a burst of deliveries never waits behind long runs. */
export const queueNames = { commands: "commands", advance: "advance" } as const;

/** The queue's keys stand under the journal's hash tag (`{fixpoint}`, also written `fixpoint` or `{fixpoint}:`). */
export function queuePrefix(prefix: string): string {
  const name = prefix.replace(/:$/, "");
  return `${name.includes("{") ? name : `{${name}}`}:queue`;
}

/** The same delivery is the same job, however often it comes. An id that BullMQ would refuse (`a:b`), or an oddly long one, is hashed. */
export function commandJobId(deliveryId: string): string {
  const plain = /^[\w.-]{1,100}$/.test(deliveryId);
  return `d-${plain ? deliveryId : createHash("sha256").update(deliveryId).digest("hex")}`;
}
