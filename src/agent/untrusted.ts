import { cleanLiteral, cleanText } from "../run/clean-text.ts";

/**
 * A block of data from somebody else, labelled with where it came from. Its fence is longer than any run of tildes inside, so
 * nothing inside can close it. The system prompt says that such blocks inform and never instruct.
 */
export function fence(source: string, text: string): string {
  const longest = Math.max(3, ...[...text.matchAll(/~{3,}/g)].map((run) => run[0].length));
  const line = "~".repeat(longest + 1);
  const label = cleanText(source)
    .text.replace(/[~\s]+/g, " ")
    .trim()
    .slice(0, 200);
  return `${line} data: ${label}\n${text.endsWith("\n") || text === "" ? text : `${text}\n`}${line}`;
}

/** The same for prose of people: hidden channels are closed, and the block says how many. */
export function fenceProse(source: string, text: string): string {
  const { text: shown, hiddenSpans } = cleanText(text);
  return fence(withCount(source, hiddenSpans), shown);
}

/** The same for code and logs, where every visible character stays. */
export function fenceLiteral(source: string, text: string): string {
  const { text: shown, hiddenSpans } = cleanLiteral(text);
  return fence(withCount(source, hiddenSpans), shown);
}

function withCount(source: string, hiddenSpans: number): string {
  const spans = hiddenSpans === 1 ? "span" : "spans";
  return hiddenSpans === 0 ? source : `${source} (${hiddenSpans} hidden ${spans} removed)`;
}
