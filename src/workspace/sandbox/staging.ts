import { statSync } from "node:fs";
import { canReach } from "./reach.ts";
import { entryAt, type StageEntry, stageAt } from "./stage.ts";

/** Collects what has to be shown on the stage, and answers where each thing stands for bwrap. */
export interface Staging {
  readonly entries: readonly StageEntry[];
  /** shown under a name of its own, whether it could be reached or not */
  show(name: string, from: string, ownership: "owned" | "as it is"): string;
  /** the path itself where the command's user can reach it, else its place on the stage */
  reach(path: string): string;
  /** shown, and handed to the command's user, who may write there */
  own(path: string): string;
}

export function createStaging(dropTo: { uid: number; gid: number } | undefined): Staging {
  const entries: StageEntry[] = [];
  const show: Staging["show"] = (name, from, ownership) => {
    const kind = statSync(from).isDirectory() ? "directory" : "file";
    entries.push({ name, from, kind, owned: ownership === "owned" });
    return entryAt(name);
  };
  return {
    entries,
    show,
    reach(path) {
      // the stage covers what lies below /mnt on this machine
      const isCovered = path === stageAt || path.startsWith(`${stageAt}/`);
      if (!isCovered && (!dropTo || canReach(path, dropTo))) return path;
      return show(`shown-${entries.length}`, path, "as it is");
    },
    own: (path) => show(`owned-${entries.length}`, path, "owned"),
  };
}
