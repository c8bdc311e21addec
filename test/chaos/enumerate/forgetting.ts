import { copyJobs, type Jobs } from "../ports/jobs.ts";
import { copyShelf, type Shelf } from "../ports/shelf.ts";
import type { Schedule } from "./faults.ts";

/** How many of the last calls, of all processes, leave no trace in Redis. */
const depths = [2, 15, 60] as const;

export function depthAt(n: number): number {
  return depths[n % depths.length] ?? 0;
}

type Redis = { shelf: Shelf; jobs: Jobs };

/** Lets Redis go back to how it stood so many calls before, where a schedule says so. Called as each call leaves, before it is carried out. */
export function createForgetting(schedule: Schedule, redis: Redis): (n: number) => void {
  const copies = new Map<number, Redis | null>();
  for (const { at, mode } of schedule)
    if (mode === "forgotten") copies.set(Math.max(1, at - depthAt(at)), null);
  return (n) => {
    const { shelf, jobs } = redis;
    if (copies.has(n)) copies.set(n, { shelf: copyShelf(shelf, shelf.now), jobs: copyJobs(jobs, jobs.now) });
    if (!schedule.some(({ at, mode }) => at === n && mode === "forgotten")) return;
    const before = copies.get(n - depthAt(n));
    if (!before) return;
    const { listeners } = jobs;
    Object.assign(shelf, copyShelf(before.shelf, shelf.now));
    Object.assign(jobs, copyJobs(before.jobs, jobs.now), { listeners });
  };
}
