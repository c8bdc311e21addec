import type { EventData } from "./events.ts";
import type { Actor } from "./request.ts";
import type { AskReason, Outcome } from "./status.ts";

/** What happens next. Each is performed by the file of that name in `runner/`. */
export type Action =
  | { do: "triage" }
  | { do: "adopt"; sha: string }
  | { do: "prepare" }
  | { do: "plan"; attempt: number }
  | { do: "execute"; step: number; attempt: number }
  | { do: "publish" }
  | { do: "meet_base" }
  | { do: "read_gate" }
  | { do: "make_ready"; sha: string }
  | { do: "make_draft"; sha: string; because: string }
  | { do: "rerun"; sha: string; because: string }
  | { do: "plan_repair"; sha: string }
  | { do: "take_review"; reviewId: number; actor: Actor }
  | { do: "ask"; reason: AskReason; question: string; resumeAt: EventData<"person.asked">["resumeAt"] }
  | { do: "end"; outcome: Outcome; because: string }
  | { do: "wait"; for: "person" | "nothing" };
