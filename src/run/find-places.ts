/** A place in the repository's own code that a program spoke of. */
export interface Place {
  path: string;
  line: number;
  message: string;
}

/** GitHub takes fifty annotations with one call (docs, "Update a check run"). */
const MOST_PLACES = 50;
const LONGEST_MESSAGE = 500;
/** How far above a bare place its reason may stand: a stack trace comes after the error. */
const LINES_ABOVE = 8;

/** What stands further right in a line is a dump of something. */
const LONGEST_LINE = 2_000;

/** `src/a.ts:3:5` and `src/a.ts(3,5)`, and Python's `File "a.py", line 3`. A path begins where the word does, so no line is read twice. */
const SHAPES = [
  /(?<![\w@+~./\\-])(?<path>[\w@+~./\\-]{1,300})(?::|\()(?<line>\d{1,6})(?![\d.])/,
  /File "(?<path>[^"]{1,300})", line (?<line>\d{1,6})/,
];

const TELLING = /error|fail|assert|expected|not ok|exception|panic|✖|✗|×/i;
/** Code of others, wherever it lies. */
const FOREIGN = /(^|\/)(node_modules|site-packages|dist-packages|vendor)\/|^\/(usr|opt)\/|node:/;

/** The places in a log that lie in one of these files, each once, in the order in which they come, fifty at most. */
export function findPlaces(log: string, files: ReadonlySet<string>): Place[] {
  const lines = log.split("\n");
  const found = new Map<string, Place>();
  lines.forEach((text, index) => {
    if (found.size >= MOST_PLACES) return;
    for (const shape of SHAPES) {
      const { path: written = "", line = "0" } = shape.exec(text.slice(0, LONGEST_LINE))?.groups ?? {};
      const path = ownPath(written, files);
      const key = `${path}:${line}`;
      if (path === null || Number(line) < 1 || found.has(key)) continue;
      found.set(key, { path, line: Number(line), message: reasonAt(lines, index) });
    }
  });
  return [...found.values()];
}

/** As a log writes it, relative or below wherever the machine had checked it out; null when it is no file of ours. */
function ownPath(written: string, files: ReadonlySet<string>): string | null {
  const path = written.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  if (FOREIGN.test(path)) return null;
  if (files.has(path)) return path;
  if (!path.startsWith("/")) return null;
  const parts = path.split("/");
  for (let from = 1; from < parts.length; from++) {
    const below = parts.slice(from).join("/");
    if (files.has(below)) return below;
  }
  return null;
}

/** The line itself when it says what is wrong, else the nearest one above that does. */
function reasonAt(lines: readonly string[], index: number): string {
  for (let at = index; at >= Math.max(0, index - LINES_ABOVE); at--) {
    const text = lines[at]?.trim() ?? "";
    if (TELLING.test(text)) return text.replace(/^##\[error\]/, "").slice(0, LONGEST_MESSAGE);
  }
  return "CI failed here.";
}
