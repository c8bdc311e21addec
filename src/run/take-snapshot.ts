import { createHash } from "node:crypto";
import { cleanText } from "./clean-text.ts";
import { issueTextHash } from "./issue-text.ts";
import type { IssueSnapshot } from "./request.ts";

/** The text of an issue as it is obeyed from now on; `body` is to be kept as the blob that `bodyDigest` names. */
export function takeSnapshot(issue: {
  number: number;
  title: string;
  body?: string | null | undefined;
  user?: { login: string } | null | undefined;
}): { snapshot: IssueSnapshot; body: string } {
  const rawBody = issue.body ?? "";
  const title = cleanText(issue.title);
  const body = cleanText(rawBody);
  const snapshot = {
    number: issue.number,
    title: title.text,
    author: issue.user?.login ?? "ghost",
    textHash: issueTextHash(issue.title, rawBody),
    bodyDigest: createHash("sha256").update(body.text).digest("hex"),
    hiddenSpans: title.hiddenSpans + body.hiddenSpans,
  };
  return { snapshot, body: body.text };
}
