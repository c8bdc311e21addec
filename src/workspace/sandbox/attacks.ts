import type { Attack } from "./attack.ts";
import { attacksOnFiles } from "./attacks-on-files.ts";
import { attacksOnLimits } from "./attacks-on-limits.ts";
import { attacksOnWalls } from "./attacks-on-walls.ts";

/** In small, what was tried against other sandboxes and worked on some of them. */
export const attacks: readonly Attack[] = [...attacksOnFiles, ...attacksOnWalls, ...attacksOnLimits];
