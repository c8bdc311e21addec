import { z } from "zod";
import { isSameText, type SweepReceipt, sweepTwins } from "./comment.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { shortenBody } from "./marker.ts";
import { allPages } from "./pages.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const checkRunReceipt = z.object({ checkRunId: z.int(), url: z.string() });
export type CheckRunReceipt = z.infer<typeof checkRunReceipt>;

const updateReceipt = z.object({ checkRunId: z.int(), updated: z.literal(true) });

const CHECK_RUN_NAME = "Fixpoint";

/** What a check run shows. `in_progress`, or the conclusion that completes it. */
export interface CheckRunFace {
  conclusion: "in_progress" | "success" | "failure" | "neutral" | "action_required" | "cancelled";
  title: string;
  summary: string;
  /** buttons, at most 3: label ≤ 20 characters, description ≤ 40, identifier ≤ 20 */
  actions?: readonly { label: string; description: string; identifier: string }[];
}

const LONGEST_SUMMARY = 65_535;
const LONGEST_TITLE = 255;

/** The one check run `Fixpoint` with this `externalId` on a SHA. GitHub has no key for it, so `external_id` is ours. */
export function ensureCheckRun(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: CheckRunFace & { opKey: string; sha: string; externalId: string },
): Promise<CheckRunReceipt> {
  return effect<CheckRunReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: "check_run.create",
      args: { sha: wish.sha, externalId: wish.externalId, ...checkRunBody(repository, wish) },
      receipt: checkRunReceipt,
      key: "marker",
      look: async () => {
        const runs = await findCheckRuns(repository, wish.sha);
        const ours = runs.filter(
          (run) => run.external_id === wish.externalId && run.app?.id === repository.appId,
        );
        const [oldest] = ours.sort((a, b) => a.id - b.id);
        return oldest ? { checkRunId: oldest.id, url: oldest.html_url ?? "" } : null;
      },
      act: async () => {
        const { data } = await repository.octokit.rest.checks.create({
          ...repository.at(),
          name: CHECK_RUN_NAME,
          head_sha: wish.sha,
          external_id: wish.externalId,
          ...checkRunBody(repository, wish),
        });
        return { checkRunId: data.id, url: data.html_url ?? "" };
      },
    },
    repository.effects,
  );
}

/** The same check run with another face; nothing is sent when it shows that already. */
export function updateCheckRun(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: CheckRunFace & { opKey: string; checkRunId: number },
): Promise<{ checkRunId: number; updated: true }> {
  const done = { checkRunId: wish.checkRunId, updated: true } as const;
  const address = () => ({ ...repository.at(), check_run_id: wish.checkRunId });
  return effect<{ checkRunId: number; updated: true }>(
    record,
    {
      opKey: wish.opKey,
      op: "check_run.update",
      args: { checkRunId: wish.checkRunId, ...checkRunBody(repository, wish) },
      receipt: updateReceipt,
      key: "server",
      look: async () => {
        const { data } = await repository.octokit.rest.checks.get(address());
        const shown = data.status === "completed" ? data.conclusion : "in_progress";
        const { output } = checkRunBody(repository, wish);
        const isSame =
          shown === wish.conclusion &&
          isSameText(data.output.title, output.title) &&
          isSameText(data.output.summary, output.summary);
        return isSame ? done : null;
      },
      act: async () => {
        await repository.octokit.rest.checks.update({ ...address(), ...checkRunBody(repository, wish) });
        return done;
      },
    },
    repository.effects,
  );
}

/**
 * Takes twins of a check run out of the way. GitHub deletes none, so a twin is completed as neutral, says which one counts, and loses its key.
 */
export function sweepCheckRuns(
  repository: RepositoryGithub,
  record: EffectRecord,
  place: { opKey: string; sha: string; externalId: string; kept: number },
): Promise<SweepReceipt> {
  return sweepTwins(repository, record, {
    opKey: place.opKey,
    op: "check_run.sweep",
    kept: place.kept,
    find: async () =>
      (await findCheckRuns(repository, place.sha))
        .filter((run) => run.external_id === place.externalId && run.app?.id === repository.appId)
        .map((run) => run.id),
    remove: (twin) =>
      repository.octokit.rest.checks.update({
        ...repository.at(),
        check_run_id: twin,
        external_id: `${place.externalId}:twin`,
        status: "completed",
        conclusion: "neutral",
        output: { title: "Made twice", summary: "GitHub carried this out late. The other check run counts." },
      }),
  });
}

async function findCheckRuns(repository: RepositoryGithub, sha: string) {
  return allPages(async (page) => {
    const { data, headers } = await repository.octokit.rest.checks.listForRef({
      ...repository.at(),
      ref: sha,
      check_name: CHECK_RUN_NAME,
      app_id: repository.appId,
      filter: "all",
      ...page,
    });
    return { items: data.check_runs, link: headers.link };
  });
}

/** What GitHub is sent to show this face. */
export function checkRunBody(repository: RepositoryGithub, wish: CheckRunFace) {
  const { redact } = repository.redactor();
  const stage =
    wish.conclusion === "in_progress"
      ? ({ status: "in_progress" } as const)
      : ({ status: "completed", conclusion: wish.conclusion } as const);
  return {
    ...stage,
    output: {
      title: redact(wish.title).slice(0, LONGEST_TITLE),
      summary: shortenBody(redact(wish.summary), LONGEST_SUMMARY),
    },
    ...(wish.actions ? { actions: wish.actions.slice(0, 3).map(shortButton) } : {}),
  };
}

function shortButton(action: { label: string; description: string; identifier: string }) {
  return {
    label: action.label.slice(0, 20),
    description: action.description.slice(0, 40),
    identifier: action.identifier.slice(0, 20),
  };
}
