/** The seam for policy: pure rules outside the model. The first rule that speaks decides; its reason is recorded and shown. */
export interface PolicyDecision {
  verdict: "allow" | "deny" | "ask";
  rule: string;
  reason: string;
}

/** Version of the rules, recorded with each run. */
export const policyVersion = "2026-11-20";

export interface PathRules {
  /** globs that the repository denies for writing (`paths.deny`) */
  deny: readonly string[];
  /** globs whose change a person must approve (`paths.ask`) */
  ask: readonly string[];
  /** globs that are never read for, or sent to, a model provider (`paths.private`) */
  private: readonly string[];
}

const allowed: PolicyDecision = { verdict: "allow", rule: "default", reason: "nothing forbids it" };

interface Rule {
  name: string;
  access: "read" | "write" | "both";
  matches(path: string): boolean;
  verdict: "deny" | "ask";
  reason: string;
}

/** Files whose change alters who decides, what is proved, or what runs: a person must see them (`ask`), and some are never ours to write (`deny`). */
const builtIn: readonly Rule[] = [
  rule(
    "git-directory",
    "both",
    "deny",
    /(^|\/)\.git(\/|$)/i,
    "Git's own directory is not part of the repository's content.",
  ),
  rule(
    "workflow-files",
    "write",
    "deny",
    /^\.github\/(workflows|actions)\//i,
    "Workflow files decide what CI proves, and the App has no permission to change them.",
  ),
  rule(
    "fixpoint-configuration",
    "write",
    "deny",
    /^\.github\/fixpoint\.ya?ml$/i,
    "Fixpoint's own rules are read from the base branch and changed by people only.",
  ),
  rule(
    "owners-and-permissions",
    "write",
    "ask",
    /(^|\/)(CODEOWNERS|\.gitmodules|\.gitattributes|\.npmrc|\.yarnrc(\.yml)?|\.mcp\.json)$/i,
    "It decides ownership, permissions or where code comes from.",
  ),
  rule(
    "agent-instructions",
    "write",
    "ask",
    /(^|\/)(AGENTS|CLAUDE|GEMINI)\.md$/,
    "It instructs agents, so a person should read the change.",
  ),
  rule(
    "lock-files",
    "write",
    "ask",
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|go\.sum|Cargo\.lock)$/,
    "A lock file decides which code of others is run.",
  ),
  rule(
    "migrations",
    "write",
    "ask",
    /(^|\/)(migrations?|db\/migrate)\//i,
    "A migration changes data that cannot be changed back.",
  ),
];

/** May this path be read or written? `path` is relative to the repository's root, with `/`. */
export function decidePath(access: "read" | "write", path: string, rules: PathRules): PolicyDecision {
  const all: readonly Rule[] = [
    ...builtIn,
    ...globRules(
      "paths.private",
      "both",
      "deny",
      rules.private,
      "The repository keeps it from model providers.",
    ),
    ...globRules("paths.deny", "write", "deny", rules.deny, "The repository's own rules forbid changing it."),
    ...globRules(
      "paths.ask",
      "write",
      "ask",
      rules.ask,
      "The repository's own rules want a person to approve it.",
    ),
  ];
  const hits = all.filter((each) => (each.access === "both" || each.access === access) && each.matches(path));
  const hit = hits.find((each) => each.verdict === "deny") ?? hits[0];
  return hit ? { verdict: hit.verdict, rule: hit.name, reason: hit.reason } : allowed;
}

function rule(
  name: string,
  access: Rule["access"],
  verdict: Rule["verdict"],
  pattern: RegExp,
  reason: string,
): Rule {
  return { name, access, verdict, reason, matches: (path) => pattern.test(path) };
}

function globRules(
  name: string,
  access: Rule["access"],
  verdict: Rule["verdict"],
  globs: readonly string[],
  reason: string,
): Rule[] {
  return globs.map((glob) => ({ name, access, verdict, reason, matches: (path) => matchesGlob(path, glob) }));
}

/** `*` within a folder, `**` across folders, a trailing `/` for everything below; linear time, so a hostile pattern costs nothing. */
export function matchesGlob(path: string, glob: string): boolean {
  const pattern = glob.endsWith("/") ? `${glob}**` : glob;
  return matchParts(path.split("/"), pattern.replace(/^\//, "").split("/"));
}

function matchParts(path: readonly string[], pattern: readonly string[]): boolean {
  // Row by row, as in the classic wildcard match: reachable[j] says whether the first j parts of the pattern match so far.
  let reachable = pattern.map(() => false);
  reachable = [true, ...reachable];
  for (let j = 0; j < pattern.length && pattern[j] === "**"; j++) reachable[j + 1] = true;
  for (const part of path) {
    const next = [false, ...pattern.map(() => false)];
    pattern.forEach((piece, j) => {
      if (piece === "**") next[j + 1] = Boolean(reachable[j + 1] || next[j] || reachable[j]);
      else if (reachable[j] && matchPart(part, piece)) next[j + 1] = true;
    });
    reachable = next;
  }
  return reachable[pattern.length] === true;
}

function matchPart(part: string, pattern: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces[pieces.length - 1] ?? "";
  if (pieces.length === 1) return part === pattern;
  if (!part.startsWith(first) || !part.endsWith(last) || part.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = part.indexOf(piece, at);
    if (found < 0 || found + piece.length > part.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}
