import { parentPort } from "node:worker_threads";
import { judge } from "./judge.ts";
import type { Unit } from "./schedules.ts";

/** One thread: judges a unit after the other, as long as it is given some. */
const port = parentPort;
if (!port) throw new Error("This file is started as a thread by main.ts.");
port.on("message", (unit: Unit) => {
  judge(unit).then(
    (judged) => port.postMessage(judged),
    (error: unknown) => {
      throw error;
    },
  );
});
