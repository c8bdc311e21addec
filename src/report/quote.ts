/**
 * Text of models, issues, logs and repositories, made harmless before it stands in Markdown of ours.
 * One technique for all: a zero-width space after the character that starts the construct. Unlike an entity it also looks
 * right inside a code span, so nothing has to guess how GitHub parses Markdown.
 */
const BREAK = "\u200b";

// Terminal colours first, whole; then control characters (newline and tab stay) and bidirectional overrides.
const ESCAPE = String.fromCharCode(27);
const colours = new RegExp(`${ESCAPE}\\[[0-9;?]*[ -/]*[@-~]`, "g");
const unprintable = /(?![\n\t])\p{Cc}|\p{Bidi_Control}/gu;

/** No mention notifies, no `Fixes #n` closes, no image loads, no HTML or comment (a spoofed marker) is one. Newlines stay. */
export function neutralise(text: string): string {
  return printable(text)
    .replace(/@(?=[a-z\d_-])|<(?=[a-z/!?])|&(?=[a-z\d#])/gi, `$&${BREAK}`)
    .replace(/!(?=\[)/g, `!${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bGH-(?=\d)/gi, (word) => `${word}${BREAK}`)
    .replace(
      /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=\s{0,5}:?\s{1,5}https?:)/gi,
      (word) => `${word}${BREAK}`,
    )
    .replace(/^(\s{0,8})([`~])(?=\2\2)/gm, `$1$2${BREAK}`);
}

/** For a heading, a list item or a table cell: one line of at most `max` characters. */
export function quoteLine(text: string, max = 200): string {
  return plainLine(text, max).replaceAll("|", "\\|");
}

/** For where no Markdown is read, a title or a subject: the same, with a bar left as it is. */
export function plainLine(text: string, max = 200): string {
  return neutralise(shorten(text.replace(/\s+/g, " ").trim(), max));
}

/** A fenced block that its content cannot close. Nothing inside a fence notifies, closes or loads. */
export function fence(text: string, language = ""): string {
  const clean = printable(text).replace(/\n+$/, "");
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${clean}\n${marks}`;
}

/** Cut at `max` characters, never within a surrogate pair, with `…` at the end. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, Math.max(0, max - 1)).replace(/[\ud800-\udbff]$/, "")}…`;
}

function printable(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(colours, "").replace(unprintable, "");
}
