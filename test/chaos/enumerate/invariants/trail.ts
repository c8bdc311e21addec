import { renderNotice } from "../../../../src/report/notice.ts";
import type { RunEvent } from "../../../../src/run/events.ts";
import type { Run } from "../../../../src/run/run.ts";
import type { Write } from "../outside.ts";
import type { Played } from "../play.ts";
import { eventsOf } from "../run-watch.ts";

/** Which operations a write may be a part of. */
const operations: readonly (readonly [method: string, path: RegExp, ops: readonly string[]])[] = [
  ["POST", /\/issues\/\d+\/comments$/, ["comment.create"]],
  ["PATCH", /\/issues\/comments\/\d+$/, ["comment.edit"]],
  ["POST", /\/git\/(blobs|trees|commits)$/, ["commit.create"]],
  ["POST", /\/git\/refs$/, ["branch.create"]],
  ["PATCH", /\/git\/refs\/heads\/agent\//, ["branch.move"]],
  ["POST", /\/pulls$/, ["pull.open"]],
  ["PATCH", /\/pulls\/\d+$/, ["pull.edit", "pull.mark_ready", "pull.mark_draft"]],
  ["POST", /\/graphql$/, ["pull.mark_ready", "pull.mark_draft"]],
  ["POST", /\/check-runs$/, ["check_run.create"]],
  ["PATCH", /\/check-runs\/\d+$/, ["check_run.update"]],
];

/** Writes that belong to no run, and have their intents elsewhere. */
export const isOfRun = ({ path }: Write): boolean => !/\/labels$|\/reactions$/.test(path);

export function trail({ outside }: Played): string[] {
  const run = outside.run();
  if (!run) return [];
  const events = eventsOf(outside.shelf, run.id);
  const writes = outside.writes.filter(isOfRun);
  return [...writes.filter((write) => !hasIntent(write, events)).map(notTold), ...withoutOutcome(run)];
}

/** An intent of that kind stood open when GitHub took the write. */
function hasIntent(write: Write, events: readonly RunEvent[]): boolean {
  const ops =
    operations.find(([method, path]) => method === write.method && path.test(write.path))?.[2] ?? [];
  const before = events.slice(0, write.logged);
  const done = new Set(before.flatMap((event) => (event.kind === "effect.done" ? [event.data.opKey] : [])));
  return before.some(
    (event) => event.kind === "effect.intended" && ops.includes(event.data.op) && !done.has(event.data.opKey),
  );
}

function notTold({ method, path, at }: Write): string {
  return `${method} ${path} after ${at} ms had no intent in the log`;
}

/**
 * The last word on each object has its outcome. An earlier one may be without: what was set after it, and is known, stands for both.
 * Keys of writes that set something end in what it was set to: `comment:progress:<hash>:<seq>`, `pull:ready:<sha>:<seq>`.
 */
function withoutOutcome(run: Run): string[] {
  const last = new Map(
    Object.entries(run.effects)
      .filter(([opKey]) => !isOvertaken(opKey, run))
      .map(([opKey, effect]) => [opKey.split(":").slice(0, 2).join(":"), effect]),
  );
  return [...last]
    .filter(([, effect]) => effect.status === "intended")
    .map(([object, effect]) => `${effect.op} has no outcome (${object})`);
}

/** News that was meant to be told and is none any more: the pull request was merged before somebody took the run over. */
function isOvertaken(opKey: string, run: Run): boolean {
  return /^comment:(result|question):/.test(opKey) && opKey !== `comment:${renderNotice(run)?.key}`;
}
