import type { z } from "zod";
import type { Command } from "../commands/command.ts";
import { parseCommand } from "../commands/parse-command.ts";
import type { RepositoryRef } from "../run/request.ts";
import { takeSnapshot } from "../run/take-snapshot.ts";
import {
  fromInstallation,
  fromInstallationRepositories,
  fromIssueChange,
  fromRepository,
} from "./from-lifecycle.ts";
import { fromPull, fromReview, fromReviewComment } from "./from-pull-request.ts";
import {
  checkRunPayload,
  checkSuitePayload,
  type InRepository,
  installationPayload,
  installationRepositoriesPayload,
  issueCommentPayload,
  issuesPayload,
  pullRequestPayload,
  type Reachable,
  repositoryPayload,
  reviewCommentPayload,
  reviewPayload,
  statusPayload,
  workflowRunPayload,
} from "./payloads.ts";
import {
  asked,
  ignored,
  isUnlistedBot,
  type Translation,
  type TranslationRules,
  whereAndWho,
} from "./translation.ts";
import type { WantedEvent } from "./wanted-events.ts";

export interface Delivery {
  /** the GUID in `X-GitHub-Delivery` */
  id: string;
  event: WantedEvent;
  payload: unknown;
}

/** What a delivery asks of us. Pure, and total: a payload of any shape gets an answer. */
export function translate(delivery: Delivery, rules: TranslationRules): Translation {
  switch (delivery.event) {
    case "issues":
      return read(issuesPayload, delivery, (payload) => fromIssue(delivery.id, payload, rules));
    case "issue_comment":
      return read(issueCommentPayload, delivery, (payload) => fromComment(delivery.id, payload, rules));
    case "pull_request":
      return read(pullRequestPayload, delivery, (payload) => fromPull(delivery.id, payload));
    case "pull_request_review":
      return read(reviewPayload, delivery, (payload) => fromReview(delivery.id, payload, rules));
    case "pull_request_review_comment":
      return read(reviewCommentPayload, delivery, (payload) =>
        fromReviewComment(delivery.id, payload, rules),
      );
    case "check_suite":
      return read(checkSuitePayload, delivery, (payload) =>
        fromCheck(delivery.id, payload, payload.check_suite, rules),
      );
    case "check_run":
      return read(checkRunPayload, delivery, (payload) =>
        payload.action === "completed"
          ? fromCheck(delivery.id, payload, payload.check_run, rules)
          : fromButton(delivery.id, payload, rules),
      );
    case "workflow_run":
      return read(workflowRunPayload, delivery, (payload) =>
        wake(delivery.id, payload, payload.workflow_run.head_sha),
      );
    case "status":
      return read(statusPayload, delivery, (payload) =>
        payload.state === "pending"
          ? ignored("the status is pending")
          : wake(delivery.id, payload, payload.sha),
      );
    case "repository":
      return read(repositoryPayload, delivery, (payload) => fromRepository(delivery.id, payload));
    case "installation":
      return read(installationPayload, delivery, (payload) =>
        payload.action === "created"
          ? installed(delivery.id, payload.installation.id, payload.repositories ?? [])
          : fromInstallation(delivery.id, payload),
      );
    case "installation_repositories":
      return read(installationRepositoriesPayload, delivery, (payload) =>
        payload.action === "added"
          ? installed(delivery.id, payload.installation.id, payload.repositories_added)
          : fromInstallationRepositories(delivery.id, payload),
      );
    default:
      return delivery.event satisfies never;
  }
}

/** Says which fields do not fit, never what stood in them: the line goes to a log. */
function read<T>(schema: z.ZodType<T>, delivery: Delivery, use: (payload: T) => Translation): Translation {
  const parsed = schema.safeParse(delivery.payload);
  if (parsed.success) return use(parsed.data);
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "payload"))];
  return { outcome: "not_understood", because: `not as expected: ${fields.slice(0, 5).join(", ")}` };
}

function fromIssue(
  deliveryId: string,
  payload: z.infer<typeof issuesPayload>,
  rules: TranslationRules,
): Translation {
  if (payload.action !== "labeled" && payload.action !== "opened")
    return fromIssueChange(deliveryId, payload, rules);
  const { action, issue } = payload;
  const labels = action === "labeled" ? [payload.label] : (issue.labels ?? []);
  // GitHub keeps the case of a label as it was first written, and treats names that differ only in case as one.
  const wanted = rules.label.toLowerCase();
  if (!labels.some((label) => label.name.toLowerCase() === wanted)) return ignored("another label");
  if (isUnlistedBot(payload, rules)) return ignored("a bot that is not on the list");
  const { snapshot, body } = takeSnapshot(issue);
  return asked(
    {
      kind: "start",
      ...whereAndWho(deliveryId, payload),
      issue: snapshot,
      trigger: action,
      ...askedAt(issue),
    },
    body,
  );
}

/** A label that is put on changes the issue, so this is when it was. */
function askedAt({ updated_at }: { updated_at?: string | null | undefined }): { askedAt?: number } {
  const at = Date.parse(updated_at ?? "");
  return Number.isNaN(at) ? {} : { askedAt: at };
}

function fromComment(
  deliveryId: string,
  payload: z.infer<typeof issueCommentPayload>,
  rules: TranslationRules,
): Translation {
  const { issue, comment } = payload;
  const typed = parseCommand(comment.body);
  if (!typed) return ignored("not a command");
  if (comment.performed_via_github_app?.id === rules.appId) return ignored("our own comment");
  if (isUnlistedBot(payload, rules)) return ignored("a bot that is not on the list");
  return asked({
    kind: "ask",
    ...whereAndWho(deliveryId, payload),
    on: issue.pull_request ? "pull_request" : "issue",
    number: issue.number,
    commentId: comment.id,
    asked: typed,
  });
}

function fromCheck(
  deliveryId: string,
  payload: InRepository,
  check: { head_sha: string; app?: { id: number } | null | undefined },
  rules: TranslationRules,
): Translation {
  // Our own check run mirrors the run: if it woke the run, the two would go round for ever.
  if (check.app?.id === rules.appId) return ignored("our own check");
  return wake(deliveryId, payload, check.head_sha);
}

/** GitHub sends the press of a button to the App that made it; the sender may still be a bot. */
function fromButton(
  deliveryId: string,
  payload: Extract<z.infer<typeof checkRunPayload>, { action: "requested_action" }>,
  rules: TranslationRules,
): Translation {
  const { check_run: check, requested_action: pressed } = payload;
  if (check.app?.id !== rules.appId) return ignored("another App's check");
  if (isUnlistedBot(payload, rules)) return ignored("a bot that is not on the list");
  const button = pressed.identifier;
  if (button !== "retry" && button !== "stop") return ignored("a button that we do not have");
  return asked({ kind: "press", ...whereAndWho(deliveryId, payload), sha: check.head_sha, button });
}

function wake(deliveryId: string, { repository, installation }: InRepository, sha: string): Translation {
  return asked({
    kind: "wake",
    deliveryId,
    installationId: installation.id,
    repositoryId: repository.id,
    sha,
  });
}

/** Repositories in one command: an organisation may have thousands, and a job of the queue is to stay small. */
const FEW = 200;

function installed(deliveryId: string, installationId: number, reachable: readonly Reachable[]): Translation {
  const repositories = reachable.map(({ id, full_name }): RepositoryRef => {
    const [owner = "", name = ""] = full_name.split("/");
    return { id, owner, name, installationId };
  });
  const commands: Command[] = [];
  for (let from = 0; from < repositories.length; from += FEW) {
    const part = from === 0 ? deliveryId : `${deliveryId}-${from / FEW + 1}`;
    const few = repositories.slice(from, from + FEW);
    commands.push({ kind: "installed", deliveryId: part, installationId, repositories: few });
  }
  return commands.length > 0 ? { outcome: "asked", commands, body: null } : ignored("no repository");
}
