import { answerNotAllowed } from "../report/answers.ts";
import { type CommandOf, commandSchema } from "./command.ts";
import { mayAsk } from "./may-ask.ts";
import { performAsk } from "./perform-ask.ts";
import { accessChanged, issueChanged, repositoryChanged } from "./perform-change.ts";
import { performPress } from "./perform-press.ts";
import { pullClosed, pullStaged } from "./perform-pull.ts";
import { performReview } from "./perform-review.ts";
import type { PerformerDeps } from "./performer-deps.ts";
import { startRun } from "./start-run.ts";

/**
 * Performs a command that was taken from the queue; `payload` is what stood there, checked again. Doing it twice does it once.
 * Throws `TryLater` when it should be tried again after a while, and an ordinary error for a payload that is no command.
 */
export function createCommandPerformer(deps: PerformerDeps): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const command = commandSchema.parse(payload);
    switch (command.kind) {
      case "start":
        return start(command, deps);
      case "ask":
        return performAsk(command, deps);
      case "review":
        return performReview(command, deps);
      case "press":
        return performPress(command, deps);
      case "wake":
        return wake(command, deps);
      case "pull_closed":
        return pullClosed(command, deps);
      case "pull_staged":
        return pullStaged(command, deps);
      case "issue_changed":
        return issueChanged(command, deps);
      case "repository_changed":
        return repositoryChanged(command, deps);
      case "access_changed":
        return accessChanged(command, deps);
      case "installed":
        return installed(command, deps);
      default:
        return command satisfies never;
    }
  };
}

async function start(command: CommandOf<"start">, deps: PerformerDeps): Promise<void> {
  const { actor, repository, issue, deliveryId, trigger, askedAt } = command;
  // Deliveries come late and out of order: what counts is how the issue stands now.
  const now = await deps.github.issueNow(repository, issue.number);
  if (now === null || !hasLabel(now.labels, deps.config.label)) {
    deps.log.info({ deliveryId, issue: issue.number }, "the label is off again, or the issue is gone");
    return;
  }
  // A closed issue gets its run all the same: triage ends it before anything is spent, and says why.
  const may = await mayAsk(actor, repository, { github: deps.github, botIds: deps.config.botIds });
  if (may.verdict === "no") {
    deps.log.info({ deliveryId, actor, because: may.because }, "start refused");
    // An issue that is opened with the label sends two deliveries, and the label can be put on again and again: one answer for all.
    if (may.because === "no_write_access") {
      await deps.github.answer(
        repository,
        issue.number,
        `start-refused-${actor.id}`,
        answerNotAllowed(actor.login),
      );
    }
    return;
  }
  const { runId, outcome } = await startRun({ deliveryId, repository, issue, actor, trigger, askedAt }, deps);
  deps.log.info({ deliveryId, runId, outcome }, "run asked for");
  await deps.advance(runId);
}

function hasLabel(labels: readonly string[], wanted: string): boolean {
  return labels.some((label) => label.toLowerCase() === wanted.toLowerCase());
}

async function wake(command: CommandOf<"wake">, deps: PerformerDeps): Promise<void> {
  const runId = await deps.journal.runOfSha(command.repositoryId, command.sha);
  if (runId) await deps.advance(runId);
}

/** Every repository is tried, and the first error is thrown at the end, so that one archived repository does not keep the others waiting. */
async function installed(command: CommandOf<"installed">, deps: PerformerDeps): Promise<void> {
  const failures: unknown[] = [];
  for (const repository of command.repositories) {
    await deps.github.ensureLabel(repository, deps.config.label).catch((error: unknown) => {
      deps.log.warn({ err: error, repository }, "label not created");
      failures.push(error);
    });
  }
  if (failures.length > 0) throw failures[0];
}
