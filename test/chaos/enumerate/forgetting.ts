import { isPull } from "../../../demo/forge/shapes/pull.ts";
import { copyJobs, type Jobs } from "../ports/jobs.ts";
import { copyShelf, type Shelf } from "../ports/shelf.ts";
import type { Schedule } from "./faults.ts";
import type { Outside } from "./outside.ts";

/** How many of the last calls, of all processes, leave no trace in Redis; at last all of them. */
const depths = [2, 15, 60, Number.POSITIVE_INFINITY] as const;

/** The call at which Redis stood as it stands again when it forgets at this one. */
function before(at: number): number {
  return Math.max(1, at - (depths[at % depths.length] ?? 0));
}

type Redis = { shelf: Shelf; jobs: Jobs };

/** Lets Redis go back to how it stood so many calls before, where a schedule says so. */
export function createForgetting(
  schedule: Schedule,
  redis: Redis,
): {
  /** called as each call leaves, before it is carried out */
  pass(n: number): void;
  /** when it last forgot, ms since 1970; 0 when it never did */
  lastAt(): number;
} {
  let forgotAt = 0;
  const copies = new Map<number, Redis | null>();
  for (const { at, mode } of schedule) if (mode === "forgotten") copies.set(before(at), null);
  function pass(n: number): void {
    const { shelf, jobs } = redis;
    if (copies.has(n)) copies.set(n, { shelf: copyShelf(shelf, shelf.now), jobs: copyJobs(jobs, jobs.now) });
    if (!schedule.some(({ at, mode }) => at === n && mode === "forgotten")) return;
    const copy = copies.get(before(n));
    if (!copy) return;
    const { listeners } = jobs;
    Object.assign(shelf, copyShelf(copy.shelf, shelf.now));
    Object.assign(jobs, copyJobs(copy.jobs, jobs.now), { listeners });
    forgotAt = jobs.now();
  }

  return { pass, lastAt: () => forgotAt };
}

/** People have merged the pull request of a run that Redis knows nothing of any more: there is nothing left to do. */
export function isOverAndForgotten({ setting, data, run }: Outside): boolean {
  const pulls = [...data.repository.issues.values()].filter(isPull);
  return setting.redis === "forgets" && run() === null && pulls.some(({ pull }) => pull.mergedAt !== null);
}
