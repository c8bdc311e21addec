import { AskPerson } from "../errors.ts";
import { fetchIssue } from "../github/facts/issue.ts";
import { BlobGone } from "../journal/blobs.ts";
import { takeSnapshot } from "../run/take-snapshot.ts";
import type { Turn } from "./turn.ts";

/**
 * The text of the issue as it was when it was labelled. Where Redis has lost it (a failover, its lifetime), GitHub may still have the same one,
 * which its digest tells. Throws `AskPerson` when it has another, or none.
 */
export async function readIssueBody(turn: Turn): Promise<string> {
  const { blobs } = turn.deps;
  const { number, bodyDigest } = turn.run().request.issue;
  try {
    return await blobs.getText(bodyDigest);
  } catch (error) {
    if (!(error instanceof BlobGone)) throw error;
    const issue = await fetchIssue(turn.github, number);
    const now = issue && takeSnapshot({ ...issue, user: { login: issue.author } });
    if (now?.snapshot.bodyDigest !== bodyDigest) throw textGone();
    await blobs.put(now.body);
    return now.body;
  }
}

function textGone(): AskPerson {
  return new AskPerson(
    "internal",
    "The text that this issue had when it was labelled is not stored any more, and GitHub does not have it either. To have the present text worked on, comment `/agent stop`, take the label off and put it on again.",
  );
}
