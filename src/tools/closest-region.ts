/**
 * The line, from 1, at which `old` most likely was meant to stand, and how many lines it has: for a helpful answer when it was not found.
 * Counts the lines that agree but for blanks; where none does, the line that shares most words with the first telling line of `old`.
 */
export function closestRegion(lines: readonly string[], old: string): { from: number; to: number } {
  const wanted = old.split(/\r?\n/).map((line) => line.trim());
  const present = lines.map((line) => line.trim());
  const size = Math.min(wanted.length, 60);
  let best = { at: 0, score: 0 };
  for (let at = 0; at < present.length; at++) {
    let score = 0;
    for (let offset = 0; offset < size; offset++) {
      const line = wanted[offset];
      if (line && line === present[at + offset]) score += 1;
    }
    if (score > best.score) best = { at, score };
  }
  if (best.score === 0) best.at = mostAlike(present, wanted.find((line) => line !== "") ?? "");
  return { from: best.at + 1, to: Math.min(lines.length, best.at + size) };
}

function mostAlike(lines: readonly string[], line: string): number {
  const wanted = new Set(wordsOf(line));
  let best = { at: 0, score: 0 };
  lines.forEach((candidate, at) => {
    const words = wordsOf(candidate);
    const shared = words.filter((word) => wanted.has(word)).length;
    const score = shared / (words.length + wanted.size);
    if (score > best.score) best = { at, score };
  });
  return best.at;
}

function wordsOf(line: string): string[] {
  return line.match(/[\p{L}\p{N}_$]+/gu) ?? [];
}
