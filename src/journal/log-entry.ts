import { z } from "zod";
import { eventSchemas, type NewEvent, type RunEvent } from "../run/events.ts";
import { BrokenLog } from "./broken-log.ts";
import { canonicalJson, verifyChain } from "./hash-chain.ts";

/** A stream entry as ioredis answers it: id and alternating names and values. */
export type StreamEntry = [id: string, fields: string[]];

const envelopeSchema = z.object({
  seq: z.int().positive(),
  at: z.int(),
  version: z.number(),
  kind: z.string(),
  data: z.unknown(),
  previous: z.string(),
});

/** The event with its payload checked against its schema; throws when a phase tries to record something else. */
export function checkedEvent(event: NewEvent): NewEvent {
  // The schema was chosen by the kind, so kind and payload belong together; the compiler cannot follow that.
  return { kind: event.kind, data: eventSchemas[event.kind].parse(event.data) } as NewEvent;
}

/** What is stored as the entry's text: everything but the hash, which has a field of its own. */
export function entryText(event: RunEvent): string {
  const { hash: _, ...rest } = event;
  return canonicalJson(rest);
}

/** Events of consecutive stream entries, every link of the chain verified; throws `BrokenLog` with the first fault. */
export function parseEntries(
  runId: string,
  entries: readonly StreamEntry[],
  after: { seq: number; hash: string },
): RunEvent[] {
  let last = after;
  return entries.map((entry) => {
    const event = parseEntry(runId, entry, last);
    last = event;
    return event;
  });
}

function parseEntry(runId: string, [id, fields]: StreamEntry, last: { seq: number; hash: string }): RunEvent {
  const broken = (problem: string, options?: ErrorOptions) =>
    new BrokenLog(runId, last.seq + 1, problem, options);
  const stored = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) stored.set(fields[at] ?? "", fields[at + 1] ?? "");
  const hash = stored.get("hash") ?? "";
  const envelope = envelopeSchema.safeParse(parseJson(stored.get("event")));
  if (!envelope.success) throw broken("it is not an event.", { cause: envelope.error });
  // The chain is checked on what was stored, before any schema may have dropped something of it.
  const fault = verifyChain([{ ...envelope.data, hash }], last);
  if (fault) throw broken(fault.problem);
  if (id !== `${envelope.data.seq}-0`) throw broken(`it is stored under the id ${id}.`);
  return { ...versionedEvent(envelope.data, broken), hash };
}

type Envelope = z.infer<typeof envelopeSchema>;

function versionedEvent(envelope: Envelope, broken: (problem: string, options?: ErrorOptions) => BrokenLog) {
  const { kind, version, seq, at, previous } = envelope;
  if (version !== 1) {
    throw broken(
      `it has version ${version}, and this Fixpoint reads version 1. Run the version of Fixpoint that wrote it.`,
    );
  }
  if (!isKind(kind)) {
    throw broken(
      `this Fixpoint does not know events of the kind "${kind}". Run the version of Fixpoint that wrote it.`,
    );
  }
  const data = eventSchemas[kind].safeParse(envelope.data);
  if (!data.success) {
    throw broken(`its "${kind}" payload is not what this Fixpoint expects: ${z.prettifyError(data.error)}`);
  }
  return { ...({ kind, data: data.data } as NewEvent), version: 1 as const, seq, at, previous };
}

function isKind(kind: string): kind is keyof typeof eventSchemas {
  return Object.hasOwn(eventSchemas, kind);
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
