import type { Scene } from "./carry-out.ts";

/** The crash scene: SIGKILL in the middle of step 2, between a model's answer and the next call, with one checkpoint behind and work not saved. */
export function createKillScene(say: (line: string) => void): Scene {
  let killed = false;
  return {
    killNow(event, run) {
      const inSecondStep = event.kind === "tool.called" && event.data.phase.startsWith("step 2,");
      // A plan of one step is killed in that one.
      const inOnlyStep = event.kind === "tool.called" && run.steps.length === 1;
      if (killed || !(inSecondStep || inOnlyStep)) return false;
      killed = true;
      say("scene: SIGKILL for the worker, in the middle of its work; another one starts");
      return true;
    },
  };
}
