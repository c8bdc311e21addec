import type { Run } from "../run/run.ts";

/** GitHub: at most three; label ≤ 20 characters, description ≤ 40, identifier ≤ 20 (docs, "Create a check run"). */
export interface Button {
  label: string;
  description: string;
  identifier: "retry" | "stop";
}

const stop: Button = { label: "Stop", description: "End the run; the branch stays", identifier: "stop" };
const goOn: Button = { label: "Retry", description: "Go on where it stopped", identifier: "retry" };
const again: Button = { label: "Retry", description: "Begin a fresh run", identifier: "retry" };

/** What can be asked of a run as it stands, beside its check: each does what the comment of its name does. */
export function buttonsOf({ status }: Pick<Run, "status">): readonly Button[] {
  switch (status) {
    case "awaiting_person":
      return [goOn, stop];
    case "queued":
    case "triaging":
    case "planning":
    case "executing":
    case "repairing":
    case "revising":
    case "updating":
    case "publishing":
    case "awaiting_ci":
    case "awaiting_merge":
      return [stop];
    case "stopped":
    case "failed":
      return [again];
    case "merged":
    case "closed":
    case "nothing_to_do":
      return [];
    default:
      return status satisfies never;
  }
}
