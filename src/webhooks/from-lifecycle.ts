import type { z } from "zod";
import type {
  installationPayload,
  installationRepositoriesPayload,
  issuesPayload,
  repositoryPayload,
} from "./payloads.ts";
import { asked, ignored, type Translation, type TranslationRules, whereAndWho } from "./translation.ts";

type Issues = z.infer<typeof issuesPayload>;
type IssueChange = Extract<Issues, { action: "unlabeled" | "closed" | "deleted" | "transferred" | "locked" }>;

/** An issue that is not to be worked on any more. Whether a run works there is found out by the worker. */
export function fromIssueChange(
  deliveryId: string,
  payload: IssueChange,
  rules: TranslationRules,
): Translation {
  const { action: change, issue } = payload;
  if (payload.action === "unlabeled" && payload.label?.name.toLowerCase() !== rules.label.toLowerCase())
    return ignored("another label");
  return asked({
    kind: "issue_changed",
    ...whereAndWho(deliveryId, payload),
    number: issue.number,
    change,
  });
}

export function fromRepository(deliveryId: string, payload: z.infer<typeof repositoryPayload>): Translation {
  return asked({
    kind: "repository_changed",
    ...whereAndWho(deliveryId, payload),
    change: payload.action,
  });
}

type Installation = Exclude<z.infer<typeof installationPayload>, { action: "created" }>;
const accessAfter = { deleted: "removed", suspend: "suspended", unsuspend: "unsuspended" } as const;

export function fromInstallation(deliveryId: string, payload: Installation): Translation {
  const { action, installation, sender } = payload;
  return asked({
    kind: "access_changed",
    deliveryId,
    installationId: installation.id,
    repositoryIds: null,
    change: accessAfter[action],
    actor: { id: sender.id, login: sender.login },
  });
}

type Removed = Extract<z.infer<typeof installationRepositoriesPayload>, { action: "removed" }>;
/** An organisation may take thousands away at once, and a job of the queue is to stay small. */
const FEW = 2_000;

export function fromInstallationRepositories(deliveryId: string, payload: Removed): Translation {
  const { installation, repositories_removed: removed, sender } = payload;
  const commands = [];
  for (let from = 0; from < removed.length; from += FEW) {
    commands.push({
      kind: "access_changed" as const,
      deliveryId: from === 0 ? deliveryId : `${deliveryId}-${from / FEW + 1}`,
      installationId: installation.id,
      repositoryIds: removed.slice(from, from + FEW).map(({ id }) => id),
      change: "removed" as const,
      actor: { id: sender.id, login: sender.login },
    });
  }
  return commands.length > 0 ? { outcome: "asked", commands, body: null } : ignored("no repository");
}
