import type { Played } from "../play.ts";

const longestMs = 60_000;

/** Statuses in which a run has something to do and nobody to wait for. */
const working = new Set([
  "queued",
  "triaging",
  "planning",
  "executing",
  "repairing",
  "updating",
  "publishing",
]);

/** After each death that met the run at work: how long until another process read its log to go on with it, ms. */
export function recoveries({ outside }: Played): number[] {
  const { trace, deaths } = outside;
  return deaths.flatMap((death) => {
    if (!working.has(trace[death.n - 1]?.status ?? "none")) return [];
    const next = trace.find(
      ({ n, at, process, what }) =>
        n > death.n && at >= death.at && process !== death.process && what === "read log of a held run",
    );
    return next ? [next.at - death.at] : [];
  });
}

export function recovery(played: Played): string[] {
  return recoveries(played)
    .filter((ms) => ms > longestMs)
    .map((ms) => `nobody went on for ${Math.round(ms / 1_000)} s`);
}
