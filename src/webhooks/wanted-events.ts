/**
 * The deliveries that mean something to us, by the event in the `X-GitHub-Event` header, with their actions (`status` has none).
 * Everything else ends at the door unread. `app.yml` subscribes to the same events; installation events come unasked.
 */
export const wantedEvents = {
  issues: ["labeled", "opened"],
  issue_comment: ["created"],
  pull_request: ["closed"],
  check_suite: ["completed"],
  check_run: ["completed"],
  workflow_run: ["completed"],
  status: null,
  installation: ["created"],
  installation_repositories: ["added"],
} as const;
export type WantedEvent = keyof typeof wantedEvents;

export function isWanted(event: string): event is WantedEvent {
  return Object.hasOwn(wantedEvents, event);
}
