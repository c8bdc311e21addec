import type { Octokit } from "@octokit/rest";
import { z } from "zod";
import type { RepositoryRef } from "../../run/request.ts";
import { type AnswerNotes, conditional, conditionalPages } from "../conditional.ts";
import { allPages, orNull } from "../pages.ts";

const installationsSchema = z.array(z.object({ id: z.int(), suspended_at: z.string().nullish() }));
const repositoriesSchema = z.array(
  z.object({ id: z.int(), name: z.string(), owner: z.object({ login: z.string() }), archived: z.boolean() }),
);
const issuesSchema = z.array(
  z.object({
    number: z.int(),
    title: z.string(),
    body: z.string().nullish(),
    user: z.object({ login: z.string() }).nullish(),
    /** left out by GitHub unless it is a pull request */
    pull_request: z.object({}).optional(),
  }),
);

/** An open issue with the label, as a delivery about it would have carried it. */
export type LabelledIssue = z.infer<typeof issuesSchema>[number];

/** Installations that are not suspended. */
export async function surveyInstallations(app: Octokit, notes: AnswerNotes): Promise<number[]> {
  const all = await conditionalPages(notes, "installations", installationsSchema, (page) =>
    app.rest.apps.listInstallations(page),
  );
  return all.filter((one) => !one.suspended_at).map((one) => one.id);
}

/** Repositories of an installation in which something can be changed. */
export async function surveyRepositories(
  installation: Octokit,
  installationId: number,
  notes: AnswerNotes,
): Promise<RepositoryRef[]> {
  const all = await conditionalPages(
    notes,
    `repositories:${installationId}`,
    repositoriesSchema,
    async (page) => {
      const { data, headers } = await installation.rest.apps.listReposAccessibleToInstallation(page);
      return { data: data.repositories, headers };
    },
  );
  return all
    .filter((one) => !one.archived)
    .map(({ id, name, owner }) => ({ id, owner: owner.login, name, installationId }));
}

/** Open issues with this label; empty for a repository without issues (410). */
export async function surveyLabelled(
  installation: Octokit,
  repository: RepositoryRef,
  label: string,
  notes: AnswerNotes,
): Promise<LabelledIssue[]> {
  const { owner, name, id } = repository;
  const listed = conditionalPages(notes, `labelled:${id}:${label}`, issuesSchema, (page) =>
    installation.rest.issues.listForRepo({ owner, repo: name, state: "open", labels: label, ...page }),
  );
  return ((await orNull(listed)) ?? []).filter((issue) => issue.pull_request === undefined);
}

/** Who put the label on the last time, and when (ms since 1970); null when it is not on by now, or GitHub does not tell who. */
export async function fetchLabelling(
  installation: Octokit,
  repository: RepositoryRef,
  issueNumber: number,
  label: string,
): Promise<{ eventId: number; actor: { id: number; login: string }; at: number } | null> {
  const events = await allPages(async (page) => {
    const { data, headers } = await installation.rest.issues.listEvents({
      owner: repository.owner,
      repo: repository.name,
      issue_number: issueNumber,
      ...page,
    });
    return { items: data, link: headers.link };
  });
  const last = events.findLast(
    (event) =>
      (event.event === "labeled" || event.event === "unlabeled") &&
      "label" in event &&
      event.label?.name?.toLowerCase() === label.toLowerCase(),
  );
  if (last?.event !== "labeled" || !last.actor) return null;
  const { id, login } = last.actor;
  return { eventId: last.id, actor: { id, login }, at: Date.parse(last.created_at) };
}

const issueStateSchema = z.object({
  state: z.enum(["open", "closed", "gone"]),
  labels: z.array(z.string()),
  locked: z.boolean(),
});

/** How an issue with a run stands now; `gone`: deleted, transferred, or out of reach. */
export function surveyIssue(
  installation: Octokit,
  repository: RepositoryRef,
  number: number,
  notes: AnswerNotes,
): Promise<z.infer<typeof issueStateSchema>> {
  const { owner, name: repo, id } = repository;
  return conditional(notes, `issue:${id}:${number}`, issueStateSchema, async (headers) => {
    const answer = await orNull(installation.rest.issues.get({ owner, repo, issue_number: number, headers }));
    if (answer === null)
      return { value: { state: "gone" as const, labels: [], locked: false }, etag: undefined };
    const { state, labels, locked } = answer.data;
    const names = labels.map((label) => (typeof label === "string" ? label : (label.name ?? "")));
    return {
      value: { state: state === "open" ? ("open" as const) : ("closed" as const), labels: names, locked },
      etag: answer.headers.etag,
    };
  });
}

const pullStateSchema = z.object({ state: z.enum(["open", "closed", "merged", "gone"]), branch: z.string() });

/** How the pull request of a run stands now. */
export function surveyPull(
  installation: Octokit,
  repository: RepositoryRef,
  number: number,
  notes: AnswerNotes,
): Promise<z.infer<typeof pullStateSchema>> {
  const { owner, name: repo, id } = repository;
  return conditional(notes, `pull:${id}:${number}`, pullStateSchema, async (headers) => {
    const answer = await orNull(installation.rest.pulls.get({ owner, repo, pull_number: number, headers }));
    if (answer === null) return { value: { state: "gone" as const, branch: "" }, etag: undefined };
    const { state, merged, head } = answer.data;
    const ended = merged ? ("merged" as const) : ("closed" as const);
    return {
      value: { state: state === "open" ? ("open" as const) : ended, branch: head.ref },
      etag: answer.headers.etag,
    };
  });
}
