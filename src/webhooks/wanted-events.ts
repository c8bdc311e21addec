import type { Probot } from "probot";

type EventName = Extract<Parameters<Probot["on"]>[0], string>;

/**
 * The deliveries that mean something to us, as event and action. Everything else ends at the door unread.
 * `app.yml` subscribes to the same events, except those of installations, which come unasked.
 */
export const wantedDeliveries = [
  "issues.labeled",
  "issues.opened",
  "issues.closed",
  "issues.unlabeled",
  "issues.deleted",
  "issues.transferred",
  "issues.locked",
  "issue_comment.created",
  "pull_request.closed",
  "pull_request.synchronize",
  "pull_request.converted_to_draft",
  "pull_request.ready_for_review",
  "pull_request_review.submitted",
  "pull_request_review_comment.created",
  "check_suite.completed",
  "check_run.completed",
  "check_run.requested_action",
  "workflow_run.completed",
  "status",
  "repository.renamed",
  "repository.transferred",
  "repository.archived",
  "repository.deleted",
  "installation.created",
  "installation.deleted",
  "installation.suspend",
  "installation.unsuspend",
  "installation_repositories.added",
  "installation_repositories.removed",
] as const satisfies readonly EventName[];

type EventOf<Name> = Name extends `${infer Event}.${string}` ? Event : Name;
/** what stands in the header `X-GitHub-Event` */
export type WantedEvent = EventOf<(typeof wantedDeliveries)[number]>;

const wantedEvents: ReadonlySet<string> = new Set(wantedDeliveries.map((name) => name.split(".")[0] ?? name));

export function isWanted(event: string): event is WantedEvent {
  return wantedEvents.has(event);
}
