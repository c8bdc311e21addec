import { TryLater } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import { answerTooMany } from "../report/answers.ts";
import { foldRun } from "../run/evolve.ts";
import { type Actor, branchName, type IssueSnapshot, type RepositoryRef, runId } from "../run/request.ts";
import type { CommandOf } from "./command.ts";
import type { PerformerDeps } from "./performer-deps.ts";

export interface Wish {
  deliveryId: string;
  repository: RepositoryRef;
  issue: IssueSnapshot;
  actor: Actor;
  trigger?: CommandOf<"start">["trigger"];
  /** when the label was put on (ms since 1970); left out when a comment asks */
  askedAt?: number | undefined;
}

type StartDeps = Pick<PerformerDeps, "journal" | "github" | "starts" | "config" | "versions" | "advance">;

/** Starts the run of this issue, or finds the one that works on it. The same delivery always gets the same run. */
export async function startRun(wish: Wish, deps: StartDeps): ReturnType<Journal["startRun"]> {
  const { deliveryId, repository, issue, actor, askedAt } = wish;
  const { limits, autonomy } = deps.config;
  const newest = await deps.journal.runOfIssue(repository.id, issue.number);
  if (newest !== null && (await isAnswered(wish, newest, deps)))
    return { runId: newest, outcome: "already_started" };
  if ((await waitForIndex(newest, deps)) === "free") await waitForTurn(wish, newest, deps);
  const key = { repositoryId: repository.id, issueNumber: issue.number, deliveryId };
  return deps.journal.startRun(key, (ordinal) => ({
    runId: runId(repository.id, issue.number, ordinal),
    request: {
      deliveryId,
      repository,
      issue,
      requestedBy: actor,
      ...(askedAt === undefined ? {} : { askedAt }),
      ordinal,
      branch: branchName(issue.number, ordinal),
      limits,
      autonomy,
      versions: deps.versions,
    },
  }));
}

/** GitHub's times are whole seconds, and the label's own may differ from that of the issue. */
const SAME_MOMENT_MS = 5_000;

/**
 * One label is one wish, although several deliveries may tell of it (an issue that is opened with the label sends two, the reconciler finds
 * it too), and any of them may come when its run has ended long ago. A newer label is a new wish.
 */
async function isAnswered(
  wish: Wish,
  newest: string,
  deps: Pick<PerformerDeps, "journal">,
): Promise<boolean> {
  if (wish.askedAt === undefined) return false;
  const [first] = await deps.journal.read(newest);
  if (first?.kind !== "run.requested" || first.data.askedAt === undefined) return false;
  const { askedAt, deliveryId } = first.data;
  if (deliveryId === wish.deliveryId) return false;
  const later = wish.askedAt - askedAt;
  // Two labels within a moment are told apart by nothing but their deliveries.
  const toldTwice = wish.trigger !== "labeled" || deliveryId.startsWith("label-");
  return later < 0 || (toldTwice && later <= SAME_MOMENT_MS);
}

/**
 * A worker that died right after the last event of a run has left the issue marked as busy, and the wish would be given to a
 * run that can do nothing any more. Whoever looks at that run next puts the mark right, so we ask for that and come back.
 */
async function waitForIndex(
  newest: string | null,
  deps: Pick<PerformerDeps, "journal" | "advance">,
): Promise<"busy" | "free"> {
  if (!newest || !(await deps.journal.activeRuns()).includes(newest)) return "free";
  if (!foldRun(await deps.journal.read(newest)).ended) return "busy";
  await deps.advance(newest);
  throw new TryLater(`${newest} has ended, but its issue is not free again yet.`, 1_000);
}

/**
 * A thousand labels of one person in a minute are no thousand runs: what is too many waits for its turn, and nothing is forgotten. It waits as
 * long as it must at once, because whoever comes back asks GitHub anew who may do what, and a thousand of them would use up its limit.
 */
async function waitForTurn(
  wish: Wish,
  newest: string | null,
  { github, starts }: Pick<StartDeps, "github" | "starts">,
): Promise<void> {
  const { repository, issue, actor } = wish;
  const place = `${repository.id}:${issue.number}`;
  const next = newest === null ? "first" : `after-${newest}`;
  const admission = await starts.admit({ actorId: actor.id, run: `${place}:${next}`, place });
  if (admission.verdict === "now") return;
  const key = `start-waits-${actor.id}-${next}`;
  if (admission.tell) await github.answer(repository, issue.number, key, answerTooMany(actor.login));
  throw new TryLater(
    `${actor.login} has started as many runs as one person may within an hour.`,
    admission.afterMs,
  );
}
