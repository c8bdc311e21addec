import type { Revision, Run } from "../run/run.ts";
import { neutralise, shorten } from "./quote.ts";

/** The answer to a review, in its threads or below it: the commit that does what was asked. GitHub turns the whole SHA into a link. */
export function renderReviewAnswer(run: Run, revision: Revision): string {
  const step = run.steps.find((each) => each.number === revision.step);
  const summary = neutralise(shorten(step?.checkpoint?.summary.trim() ?? "", 1_500));
  return step?.commit ? `Done in ${step.commit}. ${summary}` : `I changed nothing for this. ${summary}`;
}
