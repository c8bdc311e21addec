import type { Attack } from "./attack.ts";
import { attacksOnFiles } from "./attacks-on-files.ts";
import { attacksOnLimits } from "./attacks-on-limits.ts";
import { attacksOnWalls } from "./attacks-on-walls.ts";

/** In small, what was tried against other sandboxes and worked on some of them. Those of one list look at the same things, so they come one after the other. */
export const attacks: readonly (readonly Attack[])[] = [attacksOnFiles, attacksOnWalls, attacksOnLimits];
