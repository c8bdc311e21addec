/**
 * The repository at a glance: folders to depth three and the files at its root. A folder with much below it is one line with a
 * count. `files` are sorted paths with `/`.
 */
export function fileTree(files: readonly string[], mostLines: number): string[] {
  for (const depth of [3, 2, 1]) {
    const lines = toDepth(files, depth);
    if (lines.length <= mostLines || depth === 1) return cut(lines, mostLines);
  }
  return [];
}

function toDepth(files: readonly string[], depth: number): string[] {
  const counts = new Map<string, number>();
  for (const file of files) {
    const parts = file.split("/");
    const entry = parts.length <= depth ? file : `${parts.slice(0, depth).join("/")}/`;
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  return [...counts].map(([entry, count]) => (entry.endsWith("/") ? `${entry} (${count} files)` : entry));
}

function cut(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most), `… and ${lines.length - most} more entries`];
}
