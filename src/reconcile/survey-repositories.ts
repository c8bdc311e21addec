import type { Command } from "../commands/command.ts";
import type { Github } from "../github/client.ts";
import {
  fetchLabelling,
  type LabelledIssue,
  surveyInstallations,
  surveyLabelled,
  surveyRepositories,
} from "../github/facts/survey.ts";
import type { Journal } from "../journal/journal.ts";
import type { Notes } from "../journal/notes.ts";
import type { Ordinals } from "../journal/ordinals.ts";
import type { Logger } from "../logger.ts";
import { foldRun } from "../run/evolve.ts";
import type { RepositoryRef } from "../run/request.ts";
import { takeSnapshot } from "../run/take-snapshot.ts";
import type { Counters } from "./counters.ts";
import { findFormerRuns } from "./former-runs.ts";

export interface SurveyDeps {
  github: Pick<Github, "app" | "survey" | "repository">;
  ordinals: Ordinals;
  journal: Pick<Journal, "runOfIssue" | "read" | "activeRuns">;
  notes: Notes;
  /** resolves when the command is durable; the same delivery id twice is one command */
  enqueue(command: Command): Promise<void>;
  /** keeps a text and gives its SHA-256 */
  keep(text: string): Promise<string>;
  label: string;
  /** a label younger than this may still be on its way as a delivery */
  graceMs: number;
  now(): number;
  counters: Counters;
  log: Logger;
}

/** GitHub's clock and ours, and its times in whole seconds. */
const CLOCKS_MS = 5_000;

/**
 * Open issues with the label and no run for it: their deliveries were acknowledged and lost, or Redis was. They are started as a delivery
 * would have started them. A repository that cannot be read now keeps nobody else waiting.
 */
export async function surveyAllRepositories(deps: SurveyDeps): Promise<void> {
  for (const installationId of await surveyInstallations(deps.github.app(), deps.notes)) {
    await orLog(deps, { installationId }, async () => {
      const repositories = await surveyRepositories(
        deps.github.survey(installationId),
        installationId,
        deps.notes,
      );
      for (const repository of repositories)
        await orLog(deps, { repository }, () => surveyRepository(repository, deps));
    });
  }
}

async function surveyRepository(repository: RepositoryRef, deps: SurveyDeps): Promise<void> {
  const installation = deps.github.survey(repository.installationId);
  for (const issue of await surveyLabelled(installation, repository, deps.label, deps.notes)) {
    if (await hasRunUnderWay(repository, issue, deps)) continue;
    await startUnlessStarted(repository, issue, deps);
  }
}

async function hasRunUnderWay(
  repository: RepositoryRef,
  { number }: LabelledIssue,
  { journal }: SurveyDeps,
): Promise<boolean> {
  const newest = await journal.runOfIssue(repository.id, number);
  return newest !== null && foldRun(await journal.read(newest)).ended === null;
}

/** Asks who put the label on, once for each time that it was put on. */
async function startUnlessStarted(
  repository: RepositoryRef,
  issue: LabelledIssue,
  deps: SurveyDeps,
): Promise<void> {
  const { journal, notes, now } = deps;
  const newest = await journal.runOfIssue(repository.id, issue.number);
  const seen = `seen:${repository.id}:${issue.number}:${newest ?? "none"}`;
  // Nothing has changed since it was looked at: the label is that of the run that has ended, or of somebody who may not ask.
  if ((await notes.read(seen)) !== null) return;
  const installation = deps.github.survey(repository.installationId);
  const labelling = await fetchLabelling(installation, repository, issue.number, deps.label);
  if (!labelling || now() - labelling.at < deps.graceMs) return;
  const former = newest === null ? null : foldRun(await journal.read(newest)).request;
  const isAnswered = former !== null && labelling.at <= (former.askedAt ?? now()) + CLOCKS_MS;
  if (!isAnswered && (newest !== null || (await mayBegin(repository, issue, deps))))
    await start(repository, issue, labelling, deps);
  await notes.write(seen, labelling.eventId);
}

/** A journal that knows of no run may have been lost: then what stands on GitHub is gone on with, and never done a second time. */
async function mayBegin(
  repository: RepositoryRef,
  { number }: LabelledIssue,
  { github, ordinals, log }: SurveyDeps,
): Promise<boolean> {
  const { last, ordinal } = await findFormerRuns(github.repository(repository, "talk"), number);
  if (last === "over") {
    log.info(
      { repository, issue: number },
      "a former run of this labelled issue is over; put the label on again for another",
    );
    return false;
  }
  await ordinals.raise(repository.id, number, ordinal - 1);
  return true;
}

async function start(
  repository: RepositoryRef,
  issue: LabelledIssue,
  labelling: { eventId: number; actor: { id: number; login: string }; at: number },
  deps: SurveyDeps,
): Promise<void> {
  const { snapshot, body } = takeSnapshot(issue);
  await deps.keep(body);
  await deps.enqueue({
    kind: "start",
    deliveryId: `label-${repository.id}-${labelling.eventId}`,
    installationId: repository.installationId,
    repository,
    issue: snapshot,
    actor: labelling.actor,
    trigger: "found",
    askedAt: labelling.at,
  });
  deps.counters.add("issues_found", 1);
  deps.log.warn({ repository, issue: issue.number }, "found a labelled issue without a run; starting it");
}

export async function orLog(
  { log }: Pick<SurveyDeps, "log">,
  what: object,
  work: () => Promise<void>,
): Promise<void> {
  await work().catch((err: unknown) =>
    log.warn({ err, ...what }, "could not be looked at; the next round tries again"),
  );
}
