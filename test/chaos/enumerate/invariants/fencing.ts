import type { Played } from "../play.ts";
import { isOfRun } from "./trail.ts";

/** Who sends a write for a run must hold its lease at that moment. */
export function fencing({ outside }: Played): string[] {
  return outside.writes
    .filter(isOfRun)
    .filter(({ holder, process }) => holder === null || holder.slice(holder.indexOf(":") + 1) !== process)
    .map(
      ({ method, path, process, holder }) =>
        `${process} sent ${method} ${path} while ${holder ?? "nobody"} held the run`,
    );
}
