import { matchesGlob } from "../run/policy.ts";
import type { Workspace } from "./workspace.ts";

interface Rule {
  /** directory of the .gitignore, with a slash at the end, or empty */
  below: string;
  pattern: string;
  negated: boolean;
  directoriesOnly: boolean;
}

/**
 * Which new files the repository's .gitignore files leave out. Read by our own code, since git must not look at the directory; the last rule
 * that fits decides, and what lies in an ignored directory is ignored (gitignore(5)).
 */
export async function readIgnoreRules(
  workspace: Workspace,
  tracked: ReadonlySet<string>,
): Promise<(path: string) => boolean> {
  const rules: Rule[] = [];
  const files = [...tracked].filter((path) => path === ".gitignore" || path.endsWith("/.gitignore"));
  for (const path of files.sort((a, b) => a.split("/").length - b.split("/").length)) {
    const content = await workspace.read(path).catch(() => null);
    const text = new TextDecoder().decode(content?.bytes ?? new Uint8Array());
    rules.push(...parseRules(text, path.slice(0, -".gitignore".length)));
  }
  return (path) => {
    const parts = path.split("/");
    return parts.some((_, index) =>
      isIgnored(rules, parts.slice(0, index + 1).join("/"), index < parts.length - 1),
    );
  };
}

function parseRules(text: string, below: string): Rule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const bare = line.replace(/(?<!\\)\s+$/, "");
    if (bare === "" || bare.startsWith("#")) return [];
    const negated = bare.startsWith("!");
    const rest = (negated ? bare.slice(1) : bare).replace(/^\\/, "");
    const directoriesOnly = rest.endsWith("/");
    const name = rest.replace(/\/$/, "");
    // Without a slash inside, a pattern holds at any depth.
    const pattern = name.includes("/") ? name.replace(/^\//, "") : `**/${name}`;
    return [{ below, pattern, negated, directoriesOnly }];
  });
}

function isIgnored(rules: readonly Rule[], path: string, isDirectory: boolean): boolean {
  let ignored = false;
  for (const rule of rules) {
    if (rule.directoriesOnly && !isDirectory) continue;
    if (path.startsWith(rule.below) && matchesGlob(path.slice(rule.below.length), rule.pattern))
      ignored = !rule.negated;
  }
  return ignored;
}
