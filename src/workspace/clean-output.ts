// ESC sequences: colours and cursor movements (CSI), titles and links (OSC, ended by BEL or ST), and the short ones.
// biome-ignore format: one alternative a line
const escapes = new RegExp(
  [
    "\\u001b\\[[0-?]*[ -/]*[@-~]",
    "\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?",
    "\\u001b[PX^_][^\\u001b]*(?:\\u001b\\\\)?",
    "\\u001b[ -/]*[0-~]",
    "\\u009b[0-?]*[ -/]*[@-~]",
  ].join("|"),
  "g",
);

const head = 4_000;
const tail = 8_000;

/**
 * What a command printed, as text for models and people: no colours or control characters, of a progress line only its last state,
 * no invisible characters that change how the rest is shown, and the middle left out when it is long (failures stand at the end).
 */
export function cleanOutput(output: string): string {
  const text = output
    .replace(escapes, "")
    .replace(/\r+\n/g, "\n")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf("\r") + 1))
    .join("\n")
    .replace(/(?![\n\t])[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu, "");
  if (text.length <= head + tail) return text;
  const left = text.length - head - tail;
  return `${text.slice(0, head)}\n[… ${left} characters left out …]\n${text.slice(-tail)}`;
}
