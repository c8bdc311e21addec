import type { Played } from "../play.ts";
import { eventsOf } from "../run-watch.ts";

export function repetitions({ outside }: Played): string[] {
  const run = outside.run();
  if (!run) return [];
  const events = eventsOf(outside.shelf, run.id);
  const found: string[] = [];
  for (const [index, event] of events.entries()) {
    if (event.kind === "step.checkpointed") {
      const { step } = event.data;
      const again = events
        .slice(index + 1)
        .filter((later) => "step" in later.data && /^step\./.test(later.kind) && later.data.step === step);
      if (again.length > 0) found.push(`step ${step} was ${again[0]?.kind} after its checkpoint`);
      const phase = `step ${step},`;
      const paid = outside.bill.filter((call) => call.phase.startsWith(phase) && call.at > event.at);
      if (paid.length > 0) found.push(`the model was asked about step ${step} after its checkpoint`);
    }
    if (event.kind === "model.settled" && event.data.answerDigest !== null) {
      const paid = outside.bill.filter(
        (call) => call.requestDigest === event.data.requestDigest && call.at > event.at,
      );
      if (paid.length > 0) found.push(`an answer that the log holds was paid again (${event.data.phase})`);
    }
  }
  return found;
}
