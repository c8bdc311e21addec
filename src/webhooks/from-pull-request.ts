import type { z } from "zod";
import { parseCommand } from "../commands/parse-command.ts";
import type { OfPull, pullRequestPayload, reviewCommentPayload, reviewPayload } from "./payloads.ts";
import {
  asked,
  ignored,
  isUnlistedBot,
  type Translation,
  type TranslationRules,
  whereAndWho,
} from "./translation.ts";

export function fromPull(deliveryId: string, payload: z.infer<typeof pullRequestPayload>): Translation {
  const foreign = whyNotOurs(payload);
  if (foreign) return ignored(foreign);
  const where = whereAndWho(deliveryId, payload);
  const { number, head } = payload.pull_request;
  switch (payload.action) {
    case "closed":
      return asked({
        kind: "pull_closed",
        ...where,
        number,
        branch: head.ref,
        merged: payload.pull_request.merged,
      });
    case "synchronize":
      // Who pushed what is found out by the run that had published the commit before.
      return asked({
        kind: "wake",
        deliveryId,
        installationId: where.installationId,
        repositoryId: where.repository.id,
        sha: payload.before,
      });
    case "converted_to_draft":
    case "ready_for_review": {
      const stage = payload.action === "ready_for_review" ? "ready" : "draft";
      return asked({ kind: "pull_staged", ...where, number, branch: head.ref, stage });
    }
    default:
      return payload satisfies never;
  }
}

/** Its comments come as deliveries of their own, and mean the same review. */
export function fromReview(
  deliveryId: string,
  payload: z.infer<typeof reviewPayload>,
  rules: TranslationRules,
): Translation {
  const foreign = whyNotOurs(payload);
  if (foreign) return ignored(foreign);
  if (payload.review.state.toLowerCase() !== "changes_requested") return ignored("it requests no changes");
  if (isUnlistedBot(payload, rules)) return ignored("a bot that is not on the list");
  const { number, head } = payload.pull_request;
  const { id: reviewId } = payload.review;
  const where = whereAndWho(deliveryId, payload);
  return asked({ kind: "review", ...where, number, branch: head.ref, reviewId, commentId: null });
}

/**
 * `/agent stop` and its kin mean the same in a thread as anywhere, when nothing follows; anything else after `/agent` is about the code
 * that the comment stands at: `/agent stop using var` ends no run.
 */
export function fromReviewComment(
  deliveryId: string,
  payload: z.infer<typeof reviewCommentPayload>,
  rules: TranslationRules,
): Translation {
  const foreign = whyNotOurs(payload);
  if (foreign) return ignored(foreign);
  const { comment, pull_request: pull } = payload;
  const typed = parseCommand(comment.body);
  if (!typed) return ignored("not a command");
  if (isUnlistedBot(payload, rules)) return ignored("a bot that is not on the list");
  const where = whereAndWho(deliveryId, payload);
  const words = comment.body.trim().split(/\s+/).length;
  if (words <= 2 && typed.verb !== "unknown") {
    const { number } = pull;
    return asked({ kind: "ask", ...where, on: "review_thread", number, commentId: comment.id, asked: typed });
  }
  const { pull_request_review_id: reviewId, id: commentId } = comment;
  return asked({ kind: "review", ...where, number: pull.number, branch: pull.head.ref, reviewId, commentId });
}

/** Anybody can name a branch of a fork like ours; what happens there must not touch our run. */
function whyNotOurs({ pull_request: { head }, repository }: OfPull): string | null {
  if (head.repo?.id !== repository.id) return "a pull request from a fork";
  return head.ref.startsWith("agent/") ? null : "not a branch of ours";
}
