import { accepted, type Call, numberParam, ok } from "../call.ts";
import type { DeliveryRecord } from "../delivery-log.ts";
import { notFound } from "../refusal.ts";
import type { PlainRoutes } from "../router.ts";

function shapeItem(record: DeliveryRecord) {
  return {
    id: record.id,
    guid: record.guid,
    // Deliveries are the one place where GitHub's times have milliseconds.
    delivered_at: record.at.toISOString(),
    redelivery: record.redelivery,
    duration: Math.round(record.durationMs) / 1000,
    status: record.status,
    status_code: record.statusCode,
    event: record.event,
    action: record.action,
    installation_id: record.installationId,
    repository_id: record.repositoryId,
    throttled_at: null,
  };
}

function deliveryOf(call: Call): DeliveryRecord {
  const record = call.world.deliveries.all.find((one) => one.id === numberParam(call, "id"));
  if (record === undefined) throw notFound();
  return record;
}

/** Newest first, by cursor instead of page numbers: the cursor is the id of the first delivery of the next page. */
function list(call: Call) {
  const perPage = Math.min(Number(call.query.get("per_page") ?? 30) || 30, 100);
  const cursor = call.query.get("cursor");
  const wanted = call.query.get("status");
  const done = call.world.deliveries.all
    .filter((record) => record.status !== "pending")
    .filter((record) => wanted === null || (record.status === "OK") === (wanted === "success"))
    .sort((a, b) => b.id - a.id);
  const from = cursor === null ? done : done.filter((record) => record.id <= Number(cursor));
  const next = from[perPage];
  const query = new URLSearchParams(call.query);
  if (next !== undefined) query.set("cursor", String(next.id));
  const link = `<${call.world.api}${call.path}?${query}>; rel="next"`;
  return {
    ...ok(from.slice(0, perPage).map(shapeItem)),
    ...(next === undefined ? {} : { headers: { link } }),
  };
}

function get(call: Call) {
  const record = deliveryOf(call);
  return ok({
    ...shapeItem(record),
    url: record.url,
    request: { headers: record.requestHeaders, payload: record.payload },
    response: { headers: record.responseHeaders, payload: record.responseBody },
  });
}

function redeliver(call: Call) {
  call.world.deliveries.redeliver(deliveryOf(call));
  return accepted({});
}

export const hookDeliveryRoutes: PlainRoutes = {
  "GET /app/hook/deliveries": { who: "app", run: list },
  "GET /app/hook/deliveries/:id": { who: "app", run: get },
  "POST /app/hook/deliveries/:id/attempts": { who: "app", run: redeliver },
};
