import { foldRun } from "../run/evolve.ts";
import type { CommandOf } from "./command.ts";
import { mayAsk } from "./may-ask.ts";
import { performVerb } from "./perform-verb.ts";
import type { PerformerDeps } from "./performer-deps.ts";

/** A button of our check run does what the comment of its name does. What there is to say is said on the pull request. */
export async function performPress(command: CommandOf<"press">, deps: PerformerDeps): Promise<void> {
  const { deliveryId, repository, actor, sha, button } = command;
  const may = await mayAsk(actor, repository, { github: deps.github, botIds: deps.config.botIds });
  if (may.verdict === "no") {
    deps.log.info({ deliveryId, actor, because: may.because }, "button refused");
    return;
  }
  const runId = await deps.journal.runOfSha(repository.id, sha);
  const run = runId ? foldRun(await deps.journal.read(runId)) : null;
  const pullNumber = run?.published?.pullNumber;
  if (!run || pullNumber === undefined) return;
  const asked = button === "retry" ? { verb: button, step: null, why: null } : { verb: button };
  const answer = (body: string) => deps.github.answer(repository, pullNumber, `press-${deliveryId}`, body);
  const acknowledge = () => Promise.resolve();
  return performVerb(asked, run, { deliveryId, repository, actor, answer, acknowledge }, deps);
}
