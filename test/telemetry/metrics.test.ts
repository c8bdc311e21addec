import { afterEach, expect, it } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { createMetricsDoor } from "../../src/telemetry/metrics-door.ts";
import { type Listener, listen } from "../../src/webhooks/listen.ts";

let listener: Listener | undefined;
afterEach(() => listener?.stop(0));

async function serve() {
  const metrics = createMetrics({ reconciles: ["deliveries_lost", "runs_told"] });
  listener = await listen(createMetricsDoor(metrics), { host: "127.0.0.1", port: 0 });
  return { metrics, url: listener.url };
}

const ours = (text: string) => text.split("\n").filter((line) => line.startsWith("fixpoint_"));

it("what is counted stands on the page for a scraper, at zero before it happens for the first time", async () => {
  const { metrics, url } = await serve();
  metrics.reconciled("runs_told", 2);
  metrics.answered(202);
  metrics.answered(202);
  metrics.answered(503);
  const page = await fetch(`${url}/metrics`);
  expect(page.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(ours(await page.text())).toEqual([
    'fixpoint_reconciled_total{what="deliveries_lost"} 0',
    'fixpoint_reconciled_total{what="runs_told"} 2',
    'fixpoint_webhook_answers_total{status="202"} 2',
    'fixpoint_webhook_answers_total{status="503"} 1',
  ]);
});

it("each process counts for itself", async () => {
  const { metrics } = await serve();
  createMetrics({ reconciles: [] }).answered(202);
  expect(ours((await metrics.page()).text).join("\n")).not.toContain("202");
});

it("nothing else is served there", async () => {
  const { url } = await serve();
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(404);
});
