import { z } from "zod";
import { type EffectRecord, effect } from "./effect.ts";
import { allPages, orNull } from "./pages.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const labelReceipt = z.object({ label: z.string() });
const labelsReceipt = z.object({ number: z.int(), labels: z.string() });

/** A label of the repository, made when it is missing; one that exists keeps its colour and its description. */
export function ensureLabel(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; name: string; color: string; description: string },
): Promise<{ label: string }> {
  return effect<{ label: string }>(
    record,
    {
      opKey: wish.opKey,
      op: "label.create",
      args: { name: wish.name },
      receipt: labelReceipt,
      key: "server",
      look: async () => {
        const found = await orNull(
          repository.octokit.rest.issues.getLabel({ ...repository.at(), name: wish.name }),
        );
        return found ? { label: found.data.name } : null;
      },
      act: async () => {
        const { data } = await repository.octokit.rest.issues.createLabel({
          ...repository.at(),
          name: wish.name,
          color: wish.color,
          description: wish.description.slice(0, 100),
        });
        return { label: data.name };
      },
    },
    repository.effects,
  );
}

/** Puts labels on an issue or a pull request; those that are on it stay as they are. */
export function addLabels(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; number: number; labels: readonly string[] },
): Promise<{ number: number; labels: string }> {
  const done = { number: wish.number, labels: wish.labels.join(", ") };
  return effect<{ number: number; labels: string }>(
    record,
    {
      opKey: wish.opKey,
      op: "label.add",
      args: done,
      receipt: labelsReceipt,
      key: "server",
      look: async () => {
        const on = new Set((await fetchLabels(repository, wish.number)).map((name) => name.toLowerCase()));
        return wish.labels.every((name) => on.has(name.toLowerCase())) ? done : null;
      },
      act: async () => {
        await repository.octokit.rest.issues.addLabels({
          ...repository.at(),
          issue_number: wish.number,
          labels: [...wish.labels],
        });
        return done;
      },
    },
    repository.effects,
  );
}

async function fetchLabels(repository: RepositoryGithub, number: number): Promise<string[]> {
  const labels = await allPages(async (page) => {
    const { data, headers } = await repository.octokit.rest.issues.listLabelsOnIssue({
      ...repository.at(),
      issue_number: number,
      ...page,
    });
    return { items: data, link: headers.link };
  });
  return labels.map((label) => label.name);
}
