import { z } from "zod";

const checkRunSchema = z.object({
  id: z.int(),
  appId: z.int(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  url: z.string().nullable(),
  suiteId: z.int().nullable(),
});

/** What CI and people have said about one SHA. Facts only, as fetched; no judgement. */
const gateFactsSchema = z.object({
  sha: z.string(),
  /** every run of every check on this SHA, re-runs included: a check that was red and green on one commit is flaky */
  checkRuns: z.array(checkRunSchema),
  /** newest of each context */
  statuses: z.array(z.object({ context: z.string(), state: z.string(), url: z.string().nullable() })),
  workflowRuns: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      status: z.string(),
      conclusion: z.string().nullable(),
      url: z.string(),
      /** 1 for the first, counted up by each re-run */
      attempt: z.int(),
    }),
  ),
  /** names that the base branch requires; empty when none or unreadable */
  required: z.array(z.string()),
});
export type GateFacts = z.infer<typeof gateFactsSchema>;

/** One check, status or workflow as it stands now: the newest run of each (app, name). */
export interface Reported {
  name: string;
  kind: "check_run" | "status" | "workflow";
  appId: number | null;
  /** `pending`, or GitHub's conclusion */
  conclusion: string;
  url: string | null;
  /** conclusions of its earlier runs on the same SHA */
  earlier: readonly string[];
}

/** success, neutral and skipped let a pull request be merged (GitHub docs, "About status checks"). */
const GREEN = new Set(["success", "neutral", "skipped"]);
const RED = new Set(["failure", "timed_out", "startup_failure", "error"]);

export const isGreen = (check: Reported) => GREEN.has(check.conclusion);
export const isRed = (check: Reported) => RED.has(check.conclusion);
export const isOpen = (check: Reported) => check.conclusion === "pending";

/**
 * What counts: check runs of other apps (our own would wait for itself), statuses, and workflow runs that show no check run of their own,
 * because they wait for a person, have a broken file, or have not begun. Sorted by name.
 */
export function reportedOn(facts: GateFacts, ownAppId: number): Reported[] {
  const checks = newestOfEach(facts.checkRuns.filter((run) => run.appId !== ownAppId));
  const statuses = facts.statuses.map(({ context, state, url }): Reported => {
    return { name: context, kind: "status", appId: null, conclusion: state, url, earlier: [] };
  });
  const workflows = facts.workflowRuns.flatMap((run): Reported[] => {
    const { name, url } = run;
    const shown = { name, kind: "workflow", appId: null, url, earlier: [] } as const;
    if (run.status !== "completed") return [{ ...shown, conclusion: "pending" }];
    const tellsByItself = ["action_required", "startup_failure"].includes(run.conclusion ?? "");
    return tellsByItself ? [{ ...shown, conclusion: run.conclusion ?? "pending" }] : [];
  });
  return [...checks, ...statuses, ...workflows].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
}

/** GitHub itself judges a required check by its newest run; one of the same name that is still open (push and pull_request twins) is waited for. */
function newestOfEach(runs: GateFacts["checkRuns"]): Reported[] {
  const byKey = new Map<string, GateFacts["checkRuns"]>();
  for (const run of [...runs].sort((a, b) => a.id - b.id)) {
    const key = `${run.appId} ${run.name}`;
    byKey.set(key, [...(byKey.get(key) ?? []), run]);
  }
  return [...byKey.values()].flatMap((all): Reported[] => {
    const counts = all.findLast((run) => conclusionOf(run) === "pending") ?? all.at(-1);
    if (!counts) return [];
    const { name, appId, url } = counts;
    const earlier = all.filter((run) => run.id < counts.id).map(conclusionOf);
    return [{ name, kind: "check_run", appId, conclusion: conclusionOf(counts), url, earlier }];
  });
}

function conclusionOf(run: GateFacts["checkRuns"][number]): string {
  return run.status === "completed" ? (run.conclusion ?? "pending") : "pending";
}
