import { Worker } from "node:worker_threads";
import type { Judged } from "./judge.ts";
import type { Unit } from "./schedules.ts";

/** A thread of Node 20 does not take over the loader that started this process, so it registers its own. */
const bootstrap = `
  const { tsx, module } = require("node:worker_threads").workerData;
  import(tsx).then(({ register }) => {
    register();
    return import(module);
  });
`;

/** Shares the units out among threads; `onJudged` is told of each as it is done. Rejects when a thread breaks. */
export async function judgeAll(
  units: readonly Unit[],
  threads: number,
  onJudged: (judged: Judged) => void,
): Promise<void> {
  const left = [...units];
  await Promise.all(Array.from({ length: Math.min(threads, units.length) }, () => work(left, onJudged)));
}

function work(left: Unit[], onJudged: (judged: Judged) => void): Promise<void> {
  const workerData = {
    tsx: import.meta.resolve("tsx/esm/api"),
    module: new URL("./thread.ts", import.meta.url).href,
  };
  // Stories leave much behind that lived for a moment only: with 16 MB for it the collector takes a tenth of the time.
  const resourceLimits = { maxYoungGenerationSizeMb: 96 };
  const thread = new Worker(bootstrap, { eval: true, workerData, resourceLimits });
  return new Promise((resolve, reject) => {
    const next = () => {
      const unit = left.shift();
      if (unit) return thread.postMessage(unit);
      thread.terminate().then(() => resolve(), reject);
    };
    thread.on("message", (judged: Judged) => {
      onJudged(judged);
      next();
    });
    thread.once("error", reject);
    next();
  });
}
