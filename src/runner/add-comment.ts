import { ensureComment } from "../github/comment.ts";
import { opKeys } from "../run/op-keys.ts";
import type { Turn } from "./turn.ts";

/** One comment of this name in the whole run, on an issue or a pull request; made once, whatever its text becomes. */
export async function addComment(turn: Turn, name: string, number: number, body: string): Promise<void> {
  const { id, startedAt } = turn.run();
  await ensureComment(turn.github, turn.effects, {
    opKey: opKeys.comment(name),
    issueNumber: number,
    mark: { run: id, op: name },
    body,
    since: new Date(startedAt - 60_000).toISOString(),
  });
}
