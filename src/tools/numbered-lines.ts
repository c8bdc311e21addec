const maxLineChars = 2_000;

/** Lines as the model sees them: `12|text`, long ones cut with a note. `from` and `to` count from 1 and are included. */
export function numberedLines(lines: readonly string[], from: number, to: number): string {
  return lines
    .slice(from - 1, to)
    .map((line, index) => `${from + index}|${cutLine(line)}`)
    .join("\n");
}

/** The text's lines without their endings; an ending at the very end starts no further line. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > 1 && lines[lines.length - 1] === "") lines.pop();
  return lines;
}

/** The number, from 1, of the line in which the character at `index` stands. */
export function lineNumberAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < index; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

function cutLine(line: string): string {
  return line.length <= maxLineChars
    ? line
    : `${line.slice(0, maxLineChars)} … [${line.length - maxLineChars} more characters in this line]`;
}
