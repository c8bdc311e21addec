import { isPull } from "../../../../demo/forge/shapes/pull.ts";
import { renderCheckRun } from "../../../../src/report/check-run.ts";
import { renderCostSummary } from "../../../../src/report/cost-summary.ts";
import { renderProgress } from "../../../../src/report/progress.ts";
import type { Played } from "../play.ts";
import { markedComments } from "./marks.ts";

export function losses({ outside, ended, noise }: Played): string[] {
  const run = outside.run();
  if (!run) return ["there is no run"];
  const { data, jobs, shelf } = outside;
  const comment = (op: string) => markedComments(outside).find((each) => each.op === op)?.text;
  const checkRun = data.repository.checkRuns.find((each) => each.suite.owner === "ours");
  const told = renderCheckRun(run);
  const pull = [...data.repository.issues.values()].find(isPull);
  const reasons: [holds: boolean, otherwise: string][] = [
    [ended === "done", ended === "asked" ? `the run asks: ${run.asked?.question}` : "nothing came of it"],
    [run.ended?.outcome === "merged", `the run ended as ${run.ended?.outcome ?? run.status}`],
    [pull?.pull.mergedAt != null, "the pull request is not merged"],
    [comment("progress") === renderProgress(run), "the progress comment does not say how it stands"],
    [comment("cost") === renderCostSummary(run), "the cost comment does not say what it cost"],
    [comment("audit") !== undefined, "there is no audit trail"],
    [
      checkRun?.conclusion === told.conclusion && checkRun.output.title === told.title,
      "the check run does not say how it stands",
    ],
    [data.deliveries.every(({ status }) => status === "accepted"), "a delivery was not accepted"],
    [[...jobs.all.values()].every(({ state }) => state === "completed"), "a job was given up"],
    [(shelf.inboxes.get(run.id)?.size ?? 0) === 0, "something lies in the inbox"],
    [data.repository.labels.some(({ name }) => name === "agent-fix"), "the label was not made"],
    [noise === 0, `${noise} writes although all was done`],
  ];
  return reasons.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
}
