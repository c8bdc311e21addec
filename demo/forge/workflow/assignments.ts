/** `NAME=value` lines and `NAME<<MARK … MARK` blocks, as steps write them to `GITHUB_OUTPUT` and `GITHUB_ENV`. */
export function parseAssignments(source: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const [, name, mark] = /^([^=<]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && mark !== undefined) {
      const rest = lines.slice(at + 1);
      const end = rest.indexOf(mark);
      found[name] = rest.slice(0, end === -1 ? rest.length : end).join("\n");
      at += end === -1 ? rest.length : end + 1;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals > 0) found[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return found;
}
