import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { writeAnswer } from "./answer-writer.ts";
import type { Answer } from "./call.ts";
import type { Fault } from "./levers.ts";
import { Refusal } from "./refusal.ts";
import type { World } from "./world.ts";

/** A request with the work that it asks for; `act` may throw a refusal. */
export type Work = { request: IncomingMessage; response: ServerResponse; act: () => Promise<Answer> };

/** Does the work and answers, unless a fault says otherwise. Gives back the status that was sent, 0 for none. */
export async function answerWith(world: World, fault: Fault | null, work: Work): Promise<number> {
  const { request, response } = work;
  if (fault === null) return writeAnswer(world, request, response, await settle(work), null);
  if ("dropBefore" in fault) return cutOff(request);
  if ("delayMs" in fault) await pause(fault.delayMs);
  if ("applyLaterMs" in fault) {
    // The caller hears nothing; the work is done behind its back, like a commit that was stuck in a data centre.
    world.activity.start("late request", async () => {
      await pause(fault.applyLaterMs);
      await settle(work);
    });
    return 0;
  }
  if ("status" in fault) {
    if (fault.applied === true) await settle(work);
    const body =
      typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body ?? { message: "Fault" });
    response
      .writeHead(fault.status, { "content-type": "application/json; charset=utf-8", ...fault.headers })
      .end(body);
    return fault.status;
  }
  const answer = await settle(work);
  if ("dropAfter" in fault) return cutOff(request);
  return writeAnswer(world, request, response, answer, "truncate" in fault ? fault.truncate : null);
}

function cutOff(request: IncomingMessage): number {
  request.socket.destroy();
  return 0;
}

async function settle({ act }: Work): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: error.body, headers: error.headers };
  }
}
