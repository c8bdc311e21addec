/**
 * As much of TOML as detection needs: which tables there are, and which keys and text they hold, line by line. A file that is
 * written in another way than people write it shows less, never something false.
 */
export interface TomlOutline {
  hasTable(name: string): boolean;
  /** tables whose name begins so: `tool.pytest` finds `[tool.pytest.ini_options]` */
  hasTableBelow(name: string): boolean;
  keysOf(table: string): readonly string[];
}

/** A longer line holds nothing that we look for, and would make matching slow. */
const mostCharacters = 2_000;

export function outlineToml(text: string): TomlOutline {
  const tables = new Map<string, string[]>([["", []]]);
  let current = "";
  let depth = 0;
  for (const raw of text.split(/\r?\n/)) {
    if (raw.length > mostCharacters) continue;
    const line = raw.trim();
    const header = /^\[\[?\s*([\w.\-"' ]+?)\s*\]\]?\s*(#.*)?$/.exec(line);
    if (depth === 0 && header?.[1] !== undefined) {
      current = header[1].replace(/["' ]/g, "");
      if (!tables.has(current)) tables.set(current, []);
      continue;
    }
    const key = /^["']?([\w-]+)["']?\s*=/.exec(line)?.[1];
    if (depth === 0 && key !== undefined) tables.get(current)?.push(key);
    // Lists over several lines: what stands inside is no key.
    depth = Math.max(0, depth + count(line, /[[{]/g) - count(line, /[\]}]/g));
  }
  return {
    hasTable: (name) => tables.has(name),
    hasTableBelow: (name) =>
      [...tables.keys()].some((table) => table === name || table.startsWith(`${name}.`)),
    keysOf: (table) => tables.get(table) ?? [],
  };
}

function count(line: string, pattern: RegExp): number {
  const bare = line.replace(/"[^"]*"|'[^']*'/g, "").replace(/#.*$/, "");
  return bare.match(pattern)?.length ?? 0;
}
