import { describe, expect, it } from "vitest";
import { type Model, ModelFailure, type ModelReply, type ModelRequest } from "../../src/agent/model.ts";
import { createPatientModel } from "../../src/agent/patient-model.ts";
import { worstUsage } from "../../src/agent/token-bounds.ts";
import { TryLater } from "../../src/errors.ts";

const request: ModelRequest = { model: "m", system: "s", tools: [], messages: [], maxOutputTokens: 10 };
const reply: ModelReply = {
  text: "ok",
  toolCalls: [],
  finish: "stop",
  usage: { inputTokens: 5, cachedTokens: 2, outputTokens: 3, counted: "by_provider" },
};
const worst = worstUsage(request);
const down = (retryAfterMs: number | null = null) => new ModelFailure("retry", "down", retryAfterMs);
const timeout = () => new ModelFailure("retry", "too slow", null, { usage: worst });

function patient(outcomes: (ModelReply | Error)[], signal = new AbortController().signal) {
  const slept: number[] = [];
  let calls = 0;
  const model: Model = {
    complete: async () => {
      const outcome = outcomes[calls++];
      if (!outcome || outcome instanceof Error) throw outcome ?? new Error("one call too many");
      return outcome;
    },
  };
  const patientModel = createPatientModel({
    model,
    sleep: async (ms, aborted) => {
      slept.push(ms);
      aborted.throwIfAborted();
    },
    random: () => 0.5,
  });
  const result = patientModel.complete(request, signal).catch((error: unknown) => error);
  return { result, slept, calls: () => calls };
}

describe("a patient model", () => {
  it("gives an answer at once and does not wait", async () => {
    const { result, slept } = patient([reply]);
    expect(await result).toEqual(reply);
    expect(slept).toEqual([]);
  });

  it("tries again with doubling delays and jitter, four times in all", async () => {
    const { result, slept, calls } = patient([down(), down(), down(), down(), reply]);
    expect(await result).toMatchObject({ next: "retry", message: "down", usage: null });
    expect(slept).toEqual([750, 1_500, 3_000]);
    expect(calls()).toBe(4);
  });

  it("waits as long as the provider asks, up to a minute", async () => {
    const { result, slept } = patient([down(60_000), down(10), reply]);
    expect(await result).toEqual(reply);
    expect(slept).toEqual([60_000, 1_500]);
  });

  it("parks the run when the provider asks for more than a minute", async () => {
    const { result, slept } = patient([down(61_000), reply]);
    const error = await result;
    expect(error).toBeInstanceOf(TryLater);
    expect(error).toMatchObject({ afterMs: 61_000, cause: { next: "retry", usage: null } });
    expect(slept).toEqual([]);
  });

  it("never parks a run for longer than an hour", async () => {
    expect(await patient([down(10 ** 12)]).result).toMatchObject({ afterMs: 3_600_000 });
  });

  it.each(["ask", "reject", "abort"] as const)("does not repeat a call that failed with %s", async (next) => {
    const { result, calls } = patient([new ModelFailure(next, "no"), reply]);
    expect(await result).toMatchObject({ next, message: "no" });
    expect(calls()).toBe(1);
  });

  it("does not repeat a call that may have been billed, because nothing is reserved for another", async () => {
    const { result, slept, calls } = patient([down(), timeout(), reply]);
    expect(await result).toMatchObject({ next: "retry", message: "too slow", usage: worst });
    expect([slept, calls()]).toEqual([[750, 1_500], 2]);
  });

  it("ends a wait at once when it is given up", async () => {
    const controller = new AbortController();
    controller.abort();
    const { result, calls } = patient([down(), reply], controller.signal);
    expect(await result).toMatchObject({ next: "abort", usage: null });
    expect(calls()).toBe(1);
  });

  it("lets a defect through", async () => {
    expect(await patient([new TypeError("bug"), reply]).result).toBeInstanceOf(TypeError);
  });
});
