import type { Octokit } from "@octokit/rest";
import { orNull } from "../pages.ts";

/** One attempt of GitHub to send a delivery; attempts of the same delivery share its GUID. */
export interface DeliveryAttempt {
  id: number;
  guid: string;
  /** ms since 1970 */
  at: number;
  event: string;
  action: string | null;
  result: "taken" | "not_taken";
}

const PER_PAGE = 100;
/** 20,000 attempts: a sweep that finds more goes on with the rest next time. */
const MOST_PAGES = 200;

/**
 * Attempts since `notBefore` (ms since 1970), newest first. Asked as the App itself. GitHub pages them by cursor
 * (REST docs, "List deliveries for an app webhook") and keeps them for a few days.
 */
export async function fetchDeliveries(app: Octokit, notBefore: number): Promise<DeliveryAttempt[]> {
  const attempts: DeliveryAttempt[] = [];
  let cursor: string | null = null;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { data, headers } = await app.rest.apps.listWebhookDeliveries({
      per_page: PER_PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    const read = data.map(
      ({ id, guid, delivered_at, event, action, status }): DeliveryAttempt => ({
        id,
        guid,
        at: Date.parse(delivered_at),
        event,
        action,
        result: status === "OK" ? "taken" : "not_taken",
      }),
    );
    attempts.push(...read.filter((attempt) => attempt.at >= notBefore));
    cursor = nextCursor(headers.link);
    if (cursor === null || read.some((attempt) => attempt.at < notBefore)) break;
  }
  return attempts;
}

function nextCursor(link: string | undefined): string | null {
  const next = (link ?? "").split(",").find((part) => part.includes('rel="next"'));
  const cursor = /[?&]cursor=([^&>]+)/.exec(next ?? "")?.[1];
  return cursor === undefined ? null : decodeURIComponent(cursor);
}

/**
 * Has GitHub send a delivery again, under the same GUID, so that one we did take after all is the same job.
 * `too_late`: GitHub has it no more.
 */
export async function askForRedelivery(app: Octokit, attemptId: number): Promise<"asked" | "too_late"> {
  const asked = await orNull(
    app.request("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: attemptId }),
  );
  return asked === null ? "too_late" : "asked";
}
