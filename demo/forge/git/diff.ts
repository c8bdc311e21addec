import { type ChangedFile, storeAt } from "./object-store.ts";
import { git } from "./run.ts";

const WORDS: Record<string, ChangedFile["status"]> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  C: "copied",
  T: "changed",
};

/** The unified diff between two trees, as `git diff` writes it. */
export async function unifiedDiff(gitDir: string, from: string, to: string): Promise<Buffer> {
  const known = storeAt(gitDir)?.unifiedDiff(from, to);
  if (known) return known;
  const shape = ["-r", "-M", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--full-index"];
  return git(gitDir, ["diff-tree", ...shape, from, to]);
}

/** Hunks by position in the diff. A content line never starts with `diff --git`: it has one of ` +-\` before it. */
function splitPatches(diff: string): (string | null)[] {
  return diff
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith("diff --git "))
    .map((part) => {
      const hunk = part.search(/^@@ /m);
      return hunk === -1 ? null : part.slice(hunk).replace(/\n$/, "");
    });
}

type Numbers = { additions: number; deletions: number };

function readNumstat(fields: string[]): Numbers[] {
  const numbers: Numbers[] = [];
  for (let at = 0; at < fields.length; ) {
    const [added = "", deleted = "", name = ""] = (fields[at] ?? "").split("\t");
    numbers.push({ additions: Number(added) || 0, deletions: Number(deleted) || 0 });
    // A rename has an empty name here, and its two names follow as fields of their own.
    at += name === "" ? 3 : 1;
  }
  return numbers;
}

/** The files that differ between two trees, with counts and hunks, as GitHub lists them for a pull request. */
export async function changedFiles(gitDir: string, from: string, to: string): Promise<ChangedFile[]> {
  const known = storeAt(gitDir)?.changedFiles(from, to);
  if (known) return known;
  const [raw, stat, diff] = await Promise.all([
    git(gitDir, ["diff-tree", "-r", "-M", "-z", "--raw", "--no-abbrev", from, to]),
    git(gitDir, ["diff-tree", "-r", "-M", "-z", "--numstat", from, to]),
    unifiedDiff(gitDir, from, to),
  ]);
  const numbers = readNumstat(stat.toString("utf8").split("\0").slice(0, -1));
  const patches = splitPatches(diff.toString("utf8"));
  const fields = raw.toString("utf8").split("\0").filter(Boolean);
  const files: ChangedFile[] = [];
  for (let at = 0; at < fields.length; ) {
    const [, , before = "", after = "", letter = ""] = (fields[at] ?? "").split(" ");
    const kind = letter.slice(0, 1);
    const moved = kind === "R" || kind === "C";
    const first = fields[at + 1] ?? "";
    files.push({
      path: moved ? (fields[at + 2] ?? "") : first,
      previousPath: moved ? first : null,
      status: WORDS[kind] ?? "changed",
      ...(numbers[files.length] ?? { additions: 0, deletions: 0 }),
      sha: kind === "D" ? before : after,
      patch: patches[files.length] ?? null,
    });
    at += moved ? 3 : 2;
  }
  return files;
}
