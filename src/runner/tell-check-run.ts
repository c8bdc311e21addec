import { ensureCheckRun, updateCheckRun } from "../github/check-run.ts";
import { renderCheckRun, renderFormerCheckRun } from "../report/check-run.ts";
import { opKeys } from "../run/op-keys.ts";
import { hash, newKey } from "./new-key.ts";
import type { Turn } from "./turn.ts";

/** The check run `Fixpoint` on the head, as the run stands now; those on former heads are closed, since nothing more happens there. */
export async function tellCheckRun(turn: Turn): Promise<void> {
  const { published, id } = turn.run();
  if (!published) return;
  const rendered = renderCheckRun(turn.run());
  const made = await ensureCheckRun(turn.github, turn.effects, {
    opKey: opKeys.checkRun(published.sha),
    sha: published.sha,
    externalId: `${id}:${published.sha.slice(0, 12)}`,
    ...rendered,
  });
  await closeFormer(turn, published.sha);
  const opKey = newKey(turn, opKeys.updateCheckRun(published.sha, hash(JSON.stringify(rendered))));
  if (!opKey) return;
  await updateCheckRun(turn.github, turn.effects, { opKey, checkRunId: made.checkRunId, ...rendered });
}

async function closeFormer(turn: Turn, head: string): Promise<void> {
  for (const made of Object.keys(turn.run().effects)) {
    const sha = /^check-run:([0-9a-f]+)$/.exec(made)?.[1];
    const checkRunId = turn.effects.receiptOf(made)?.["checkRunId"];
    if (sha === undefined || sha === head || typeof checkRunId !== "number") continue;
    const opKey = newKey(turn, opKeys.updateCheckRun(sha, "superseded"));
    if (opKey)
      await updateCheckRun(turn.github, turn.effects, { opKey, checkRunId, ...renderFormerCheckRun(head) });
  }
}
