import { isPull } from "../../../../demo/forge/shapes/pull.ts";
import { renderCheckRun } from "../../../../src/report/check-run.ts";
import { renderCostSummary } from "../../../../src/report/cost-summary.ts";
import { renderProgress } from "../../../../src/report/progress.ts";
import type { Run } from "../../../../src/run/run.ts";
import { isOverAndForgotten } from "../forgetting.ts";
import type { Outside } from "../outside.ts";
import { newInInbox, type Played } from "../play.ts";
import { markedComments } from "./marks.ts";

/** What must hold, and what it means when it does not. */
type Reason = readonly [holds: boolean, otherwise: string];

export function losses(played: Played): string[] {
  const run = played.outside.run();
  if (!run) return isOverAndForgotten(played.outside) ? [] : ["there is no run"];
  const reasons = [
    ...(mayAsk(played, run) ? question(played, run) : success(played, run)),
    ...always(played, run),
  ];
  return reasons.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
}

/** Where the money is too little, or one worker after the other has died, a question is the right end; nobody answers it in this story. */
function mayAsk({ outside, ended }: Played, { asked }: Run): boolean {
  const { setting, deaths } = outside;
  if (setting.budget !== null) return true;
  return ended === "asked" && asked?.reason === "internal" && deaths.length >= 5;
}

function success({ outside, ended }: Played, run: Run): Reason[] {
  const pull = [...outside.data.repository.issues.values()].find(isPull);
  return [
    [ended === "done", ended === "asked" ? `the run asks: ${run.asked?.question}` : "nothing came of it"],
    [run.ended?.outcome === "merged", `the run ended as ${run.ended?.outcome ?? run.status}`],
    [pull?.pull.mergedAt != null, "the pull request is not merged"],
    [
      mayBeUnknown(outside, run) || commentOf(outside, "cost") === renderCostSummary(run),
      "the cost comment does not say what it cost",
    ],
    [commentOf(outside, "audit") !== undefined, "there is no audit trail"],
  ];
}

/** A run that was forgotten and learns of its merge before it has found its work again leaves what its earlier life has said. */
export function mayBeUnknown({ setting }: Outside, { published }: Run): boolean {
  return setting.redis === "forgets" && published === null;
}

function question({ outside, ended }: Played, { asked }: Run): Reason[] {
  const wanted = outside.setting.budget === null ? "internal" : "budget";
  return [
    [ended === "asked", `the run does not ask (${ended})`],
    [asked?.reason === wanted, `the run asks about ${asked?.reason ?? "nothing"}, not about ${wanted}`],
    [commentOf(outside, `question:${asked?.at}`) !== undefined, "the question is not on the issue"],
  ];
}

function always({ outside, noise }: Played, run: Run): Reason[] {
  const { data, jobs, shelf } = outside;
  const checkRun = data.repository.checkRuns.find((each) => each.suite.owner === "ours");
  const told = renderCheckRun(run);
  const isCheckTold = checkRun?.conclusion === told.conclusion && checkRun.output.title === told.title;
  return [
    [
      commentOf(outside, "progress") === renderProgress(run),
      "the progress comment does not say how it stands",
    ],
    [run.published === null || isCheckTold, "the check run does not say how it stands"],
    [data.deliveries.every(({ status }) => status === "accepted"), "a delivery was not accepted"],
    [[...jobs.all.values()].every(({ state }) => state === "completed"), "a job was given up"],
    [newInInbox(shelf, run).length === 0, "something new lies in the inbox"],
    [data.repository.labels.some(({ name }) => name === "agent-fix"), "the label was not made"],
    [noise === 0, `${noise} writes although all was done`],
  ];
}

function commentOf(outside: Outside, op: string): string | undefined {
  return markedComments(outside).find((each) => each.op === op)?.text;
}
