import { z } from "zod";

/**
 * A file in which the base branch and our change do not fit together. `both_changed`: merged as far as it goes, with conflict markers
 * where it does not. In all others the file is as the base has it.
 */
export const clashSchema = z.object({
  path: z.string(),
  kind: z.enum(["both_changed", "we_deleted", "base_deleted", "not_text", "in_the_way"]),
});
export type Clash = z.infer<typeof clashSchema>;

/** What the two sides of a place that clashes are called in the file. */
export const sideNames = { ours: "this change", before: "before", base: "the base branch" } as const;

/** The beginnings and ends of places that clash; a line of seven `=` alone may be a heading. */
const marker = /^(<{7}|>{7})( |\r?$)/m;

export function hasConflictMarker(text: string): boolean {
  return marker.test(text);
}
