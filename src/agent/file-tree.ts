/** A folder with more files than this in it is summed up: which of them matter, searching tells better than reading names. */
const mostInFolder = 25;

/**
 * The repository at a glance, to depth three where the lines allow it: files by name, and what lies deeper or in large folders as
 * one line with a count. `files` are sorted paths with `/`.
 */
export function fileTree(files: readonly string[], mostLines: number): string[] {
  for (const depth of [3, 2, 1]) {
    const lines = toDepth(files, depth);
    if (lines.length <= mostLines || depth === 1) return cut(lines, mostLines);
  }
  return [];
}

function toDepth(files: readonly string[], depth: number): string[] {
  const inFolder = new Map<string, number>();
  for (const file of files) inFolder.set(folderOf(file), (inFolder.get(folderOf(file)) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const file of files) {
    const entry = entryOf(file, depth, inFolder.get(folderOf(file)) ?? 0);
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  return [...counts].map(([entry, count]) => (entry.endsWith("/") ? `${entry} (${count} files)` : entry));
}

function entryOf(file: string, depth: number, neighbours: number): string {
  const parts = file.split("/");
  if (parts.length > depth) return `${parts.slice(0, depth).join("/")}/`;
  return parts.length > 1 && neighbours > mostInFolder ? `${folderOf(file)}/` : file;
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf("/")));
}

function cut(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most), `… and ${lines.length - most} more entries`];
}
