import { AskPerson } from "../errors.ts";
import { fetchCommit } from "../github/facts/commit.ts";
import { fetchHead } from "../github/facts/repository.ts";
import { quoteLine } from "../report/quote.ts";
import type { Run } from "../run/run.ts";
import type { Turn } from "./turn.ts";

/** A branch that was just moved may be shown where it stood before, for a moment. */
const LAG_MS = 60_000;

/**
 * Asked before CI is read: does the branch stand where we put it? What others pushed is never overwritten. Once a person has allowed it,
 * the run goes on from there: it is read as our own head would be, and later steps build on it. Nothing of ours can be waiting to be
 * published here, since that comes before the gate.
 */
export async function meetHead(turn: Turn): Promise<"ours" | "not_yet" | "adopted"> {
  const run = turn.run();
  const { published, pushOfOthers, request, gateSince } = run;
  if (!published) throw new Error("The head is met after publishing.");
  const head = await fetchHead(turn.github, request.branch);
  // Without its branch GitHub closes the pull request, and tells us that.
  if (head === null || head === published.sha) return "ours";
  if (wasOurs(run, head) && turn.deps.now() < gateSince + LAG_MS) return "not_yet";
  if (pushOfOthers === "stops_us") throw await pushed(turn, head);
  await turn.record({
    kind: "head.adopted",
    data: { sha: head, from: published.sha, because: "person", baseSha: null },
  });
  return "adopted";
}

/** We put the branch there once: each write to it left the SHA in its receipt. */
function wasOurs(run: Run, head: string): boolean {
  return Object.values(run.effects).some(
    (effect) => effect.status === "done" && effect.op.startsWith("branch.") && effect.receipt["sha"] === head,
  );
}

async function pushed(turn: Turn, head: string): Promise<AskPerson> {
  const commit = await fetchCommit(turn.github, head);
  const { branch } = turn.run().request;
  return new AskPerson(
    "conflict",
    `${quoteLine(commit?.author ?? "Somebody", 60)} pushed to \`${branch}\`, which stands at ${head.slice(0, 10)} now. That is no commit of mine, and I never overwrite what others made. Comment \`/agent retry\` to let me go on from there, or \`/agent stop\` to go on by hand.`,
  );
}
