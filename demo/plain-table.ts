/** Markdown tables with their columns aligned, and no other marks, for a terminal. */
export function plainTable(markdown: string): string {
  const lines = markdown
    .replace(/\*\*|<\/?sub>|`/g, "")
    .split("\n")
    .filter((line) => !/^\|[-:|]+\|$/.test(line));
  const rows = lines.map((line) =>
    line.startsWith("|")
      ? line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim())
      : null,
  );
  const widths = rows.reduce<number[]>(
    (most, row) => (row ? row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)) : most),
    [],
  );
  return lines
    .map((line, index) => {
      const row = rows[index];
      if (!row) return line;
      const pad = (cell: string, column: number) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
      return row.map(pad).join("   ");
    })
    .join("\n");
}
