import type { Fields } from "../fields.ts";
import type { WorkflowFile } from "./read.ts";

/** What happened, as far as `on:` can ask about it. */
export type Trigger =
  | { event: "push"; branch: string; changed: () => Promise<string[]> }
  | { event: "pull_request"; action: string; base: string; changed: () => Promise<string[]> };

const DEFAULT_TYPES = ["opened", "synchronize", "reopened"];

const texts = (value: unknown): string[] | null =>
  value === undefined || value === null ? null : (Array.isArray(value) ? value : [value]).map(String);

/** A filter pattern of GitHub: `*` stays within a path part, `**` does not, `?` and `+` repeat the character before. */
function patternToRegExp(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const sign = pattern[at] ?? "";
    if (sign === "*" && pattern[at + 1] === "*") {
      at += 1;
      // `**/` also stands for nothing at all.
      if (pattern[at + 1] === "/") {
        at += 1;
        source += "(?:.*/)?";
      } else source += ".*";
    } else if (sign === "*") source += "[^/]*";
    else if (sign === "?" || sign === "+" || sign === "[" || sign === "]") source += sign;
    else source += sign.replace(/[.\\^$(){}|]/g, "\\$&");
  }
  return new RegExp(`^${source}$`);
}

/** The last pattern that fits decides; one that begins with `!` takes out again. */
export function matchesPatterns(patterns: readonly string[], value: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (patternToRegExp(pattern.slice(1)).test(value)) matched = false;
    } else if (patternToRegExp(pattern).test(value)) matched = true;
  }
  return matched;
}

function branchFits(filters: Fields, branch: string): boolean {
  const [only, but] = [texts(filters["branches"]), texts(filters["branches-ignore"])];
  if (only !== null) return matchesPatterns(only, branch);
  if (but !== null) return !matchesPatterns(but, branch);
  // A push filter that names tags only does not run for branches.
  return filters["tags"] === undefined && filters["tags-ignore"] === undefined;
}

async function pathsFit(filters: Fields, changed: () => Promise<string[]>): Promise<boolean> {
  const [only, but] = [texts(filters["paths"]), texts(filters["paths-ignore"])];
  if (only === null && but === null) return true;
  const names = await changed();
  if (only !== null) return names.some((name) => matchesPatterns(only, name));
  return names.some((name) => !matchesPatterns(but ?? [], name));
}

/** Whether a workflow file wants to run for this. */
export async function isTriggered(file: WorkflowFile, trigger: Trigger): Promise<boolean> {
  const filters = file.on[trigger.event];
  if (filters === undefined) return false;
  if (
    trigger.event === "pull_request" &&
    !(texts(filters["types"]) ?? DEFAULT_TYPES).includes(trigger.action)
  )
    return false;
  const branch = trigger.event === "push" ? trigger.branch : trigger.base;
  return branchFits(filters, branch) && (await pathsFit(filters, trigger.changed));
}
