import { TryLater } from "../errors.ts";
import { type Model, ModelFailure, type ModelReply, mayBeBilled } from "./model.ts";

export interface Patience {
  /** calls in all, the first one included */
  attempts: number;
  firstDelayMs: number;
  mostDelayMs: number;
  /** a provider that wants more patience than this gets it without a worker that waits */
  parkAboveMs: number;
}

const usualPatience: Patience = {
  attempts: 4,
  firstDelayMs: 1_000,
  mostDelayMs: 20_000,
  parkAboveMs: 60_000,
};

const longestParkMs = 60 * 60_000;

/**
 * Tries again after `retry` failures: doubling delays with jitter, or what the provider asked for in Retry-After, whichever is longer.
 * Above `parkAboveMs` it throws `TryLater`. A failed try that may have been billed (a time-out) is waited for in the same way and not
 * repeated here: another one has to be reserved first. An abort ends it at once, waiting or not.
 */
export function createPatientModel(deps: {
  model: Model;
  patience?: Patience;
  /** rejects as soon as the signal aborts */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 up to 1 */
  random(): number;
}): Model {
  const { model, sleep, random, patience = usualPatience } = deps;

  return {
    async complete(request, signal): Promise<ModelReply> {
      for (let attempt = 1; ; attempt++) {
        try {
          return await model.complete(request, signal);
        } catch (error) {
          const mayPass = error instanceof ModelFailure && error.next === "retry";
          if (!mayPass || attempt >= patience.attempts) throw error;
          await pause(error, attempt, signal);
          if (mayBeBilled(error)) throw error;
        }
      }
    },
  };

  async function pause(failure: ModelFailure, attempt: number, signal: AbortSignal) {
    const asked = failure.retryAfterMs ?? 0;
    if (asked > patience.parkAboveMs) {
      throw new TryLater(failure.message, Math.min(asked, longestParkMs), { cause: failure });
    }
    const backoff = Math.min(patience.mostDelayMs, patience.firstDelayMs * 2 ** (attempt - 1));
    // Half to all of it: runs that failed together do not come back together.
    const delay = Math.max(asked, Math.round(backoff * (0.5 + random() / 2)));
    try {
      await sleep(delay, signal);
    } catch (cause) {
      throw new ModelFailure("abort", "The call was given up.", null, { cause });
    }
  }
}
