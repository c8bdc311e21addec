import { ensureComment } from "../github/comment.ts";
import { opKeys } from "../run/op-keys.ts";
import type { Run } from "../run/run.ts";
import type { Turn } from "./turn.ts";

/** One comment of this name in the whole run, on an issue or a pull request; made once, whatever its text becomes. */
export async function addComment(turn: Turn, name: string, number: number, body: string): Promise<void> {
  const { id } = turn.run();
  await ensureComment(turn.github, turn.effects, {
    opKey: opKeys.comment(name),
    issueNumber: number,
    mark: { run: id, op: name },
    body,
    since: commentsSince(turn.run()),
  });
}

/** From when on a comment of this run may be found: a run that a lost Redis has forgotten began when the label was put on. */
export function commentsSince({ startedAt, request }: Run): string {
  return new Date(Math.min(startedAt, request.askedAt ?? startedAt) - 60_000).toISOString();
}
