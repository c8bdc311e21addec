import { Counter, collectDefaultMetrics, Registry } from "prom-client";

/** What one process counts since it began, for a scraper that adds the processes up. */
export interface Metrics {
  /** the reconciler found or did this so often */
  reconciled(what: string, by: number): void;
  /** GitHub was answered with this HTTP status */
  answered(status: number): void;
  /** everything in Prometheus' text format, with its content type */
  page(): Promise<{ type: string; text: string }>;
}

/** `reconciles`: all that the reconciler may count, so that each stands at zero from the beginning and its first rise is seen. */
export function createMetrics({ reconciles }: { reconciles: readonly string[] }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reconciled = new Counter({
    name: "fixpoint_reconciled_total",
    help: "What events had lost and the reconciler found, and what it did about it.",
    labelNames: ["what"],
    registers: [registry],
  });
  for (const what of reconciles) reconciled.inc({ what }, 0);
  const answered = new Counter({
    name: "fixpoint_webhook_answers_total",
    help: "Answers to deliveries by HTTP status; 503 means that a delivery could not be stored.",
    labelNames: ["status"],
    registers: [registry],
  });
  return {
    reconciled: (what, by) => reconciled.inc({ what }, by),
    answered: (status) => answered.inc({ status }),
    page: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
