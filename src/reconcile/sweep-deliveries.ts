import { z } from "zod";
import type { Github } from "../github/client.ts";
import { askForRedelivery, type DeliveryAttempt, fetchDeliveries } from "../github/facts/deliveries.ts";
import type { Notes } from "../journal/notes.ts";
import type { Logger } from "../logger.ts";
import type { Counters } from "./counters.ts";

export interface DeliverySweepDeps {
  github: Pick<Github, "app">;
  notes: Notes;
  everyMs: number;
  now(): number;
  counters: Counters;
  log: Logger;
}

/** GitHub redelivers what is younger than three days (docs, "Redelivering webhooks"). */
const LONGEST_MS = 3 * 24 * 60 * 60_000;
/** An attempt is listed when it has ended, and counts from when it began. */
const OVERLAP_MS = 2 * 60_000;
/** A delivery that we refuse again and again is asked for less and less often. */
const MOST_DOUBLINGS = 6;

const openSchema = z.object({
  guid: z.string(),
  attemptId: z.int(),
  event: z.string(),
  firstAt: z.number(),
  asked: z.int(),
  nextAt: z.number(),
});
type OpenDelivery = z.infer<typeof openSchema>;
const stateSchema = z.object({ sweptAt: z.number(), open: z.array(openSchema) });

/**
 * Finds deliveries of which no attempt succeeded, and has GitHub send each of them again, at most once in a sweep. It never does so by itself.
 * A redelivery carries the GUID of the first one, so whatever was taken after all is the same job.
 */
export async function sweepDeliveries(deps: DeliverySweepDeps): Promise<void> {
  const { github, notes, now } = deps;
  const startedAt = now();
  const before = stateSchema.safeParse(await notes.read("deliveries"));
  const since = before.success ? before.data.sweptAt - OVERLAP_MS : 0;
  const attempts = await fetchDeliveries(github.app(), Math.max(since, startedAt - LONGEST_MS));
  const open = stillOpen(before.success ? before.data.open : [], attempts);
  deps.counters.add("deliveries_lost", open.filter((each) => each.asked === 0).length);

  const kept: OpenDelivery[] = [];
  for (const delivery of open) {
    const after = await askAgain(delivery, startedAt, deps);
    if (after) kept.push(after);
  }
  await notes.write("deliveries", { sweptAt: startedAt, open: kept });
}

/** Those known from before and those new, without the ones of which an attempt was taken meanwhile. */
function stillOpen(before: readonly OpenDelivery[], attempts: readonly DeliveryAttempt[]): OpenDelivery[] {
  const open = new Map(before.map((each) => [each.guid, each]));
  for (const attempt of attempts) {
    const known = open.get(attempt.guid);
    const { guid, id: attemptId, event, at } = attempt;
    if (known) open.set(guid, { ...known, firstAt: Math.min(known.firstAt, at) });
    else open.set(guid, { guid, attemptId, event, firstAt: at, asked: 0, nextAt: 0 });
  }
  for (const { guid, result } of attempts) if (result === "taken") open.delete(guid);
  return [...open.values()].sort((a, b) => a.firstAt - b.firstAt);
}

/** The delivery as it is to be remembered; null when nothing more can be done for it. */
async function askAgain(
  delivery: OpenDelivery,
  at: number,
  deps: DeliverySweepDeps,
): Promise<OpenDelivery | null> {
  const { guid, event, asked } = delivery;
  if (delivery.nextAt > at) return delivery;
  const late = at - delivery.firstAt > LONGEST_MS;
  const answer = late ? "too_late" : await askForRedelivery(deps.github.app(), delivery.attemptId);
  if (answer === "too_late") {
    deps.counters.add("deliveries_given_up", 1);
    deps.log.error(
      { deliveryId: guid, event, asked },
      "a delivery is lost: GitHub does not send it any more",
    );
    return null;
  }
  deps.counters.add("redeliveries_asked", 1);
  deps.log.info(
    { deliveryId: guid, event, asked: asked + 1 },
    "a delivery was not taken; asked GitHub for it again",
  );
  const pause = deps.everyMs * (2 ** Math.min(asked, MOST_DOUBLINGS) - 0.5);
  return { ...delivery, asked: asked + 1, nextAt: at + pause };
}
