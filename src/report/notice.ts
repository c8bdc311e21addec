import type { Run } from "../run/run.ts";
import { totalSpending } from "../run/spending.ts";
import { formatUsd } from "../run/usage.ts";
import { wordsFor } from "./words.ts";

/**
 * The short new comment for what people must not miss, a question or a result, since an edit notifies nobody (GitHub docs, "About notifications").
 * `key` is the same as long as the news is the same, so it is told once. Null when there is no news.
 */
export function renderNotice(run: Run): { key: string; body: string } | null {
  const { login } = run.request.requestedBy;
  const { sentence, next } = wordsFor(run);
  if (run.status === "awaiting_person" && run.asked) {
    return { key: `question:${run.asked.at}`, body: `@${login} ${sentence}\n\n${next}` };
  }
  if (run.status === "awaiting_merge" && run.published) {
    const { pullNumber, sha } = run.published;
    const cost = formatUsd(totalSpending(run).spent);
    return { key: `result:${sha}`, body: `@${login} #${pullNumber}: ${sentence} It cost ${cost}. ${next}` };
  }
  if (run.ended && run.ended.outcome !== "merged" && run.ended.outcome !== "closed") {
    return { key: `ended:${run.ended.outcome}`, body: `@${login} ${sentence} ${next}` };
  }
  return null;
}
