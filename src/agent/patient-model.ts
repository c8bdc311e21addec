import { TryLater } from "../errors.ts";
import type { Usage } from "../run/usage.ts";
import { type Model, ModelFailure, type ModelReply } from "./model.ts";

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
 * Above `parkAboveMs` it throws `TryLater`. A failed try that may have been billed (a time-out) is repeated once only, and what it
 * may have cost is added to the usage of the answer, so that no cost goes uncounted. An abort ends it at once, waiting or not.
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
      let lost: Usage | null = null;
      for (let attempt = 1; ; attempt++) {
        try {
          const reply = await model.complete(request, signal);
          return lost ? { ...reply, usage: addUsage(lost, reply.usage) } : reply;
        } catch (error) {
          if (!(error instanceof ModelFailure)) throw error;
          const billedBefore = lost !== null;
          lost = lost && error.usage ? addUsage(lost, error.usage) : (error.usage ?? lost);
          const last = attempt >= patience.attempts || (billedBefore && error.usage !== null);
          if (error.next !== "retry" || last) throw withUsage(error, lost);
          await pause(error, attempt, lost, signal);
        }
      }
    },
  };

  async function pause(failure: ModelFailure, attempt: number, lost: Usage | null, signal: AbortSignal) {
    const asked = failure.retryAfterMs ?? 0;
    if (asked > patience.parkAboveMs) {
      throw new TryLater(failure.message, Math.min(asked, longestParkMs), {
        cause: withUsage(failure, lost),
      });
    }
    const backoff = Math.min(patience.mostDelayMs, patience.firstDelayMs * 2 ** (attempt - 1));
    // Half to all of it: runs that failed together do not come back together.
    const delay = Math.max(asked, Math.round(backoff * (0.5 + random() / 2)));
    try {
      await sleep(delay, signal);
    } catch (cause) {
      throw new ModelFailure("abort", "The call was given up.", null, { cause, usage: lost });
    }
  }
}

function addUsage(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    counted: "pessimistically",
  };
}

function withUsage(failure: ModelFailure, usage: Usage | null): ModelFailure {
  if (failure.usage === usage) return failure;
  return new ModelFailure(failure.next, failure.message, failure.retryAfterMs, { cause: failure, usage });
}
