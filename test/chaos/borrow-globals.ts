import { subtle } from "node:crypto";
import type { Clock } from "./clock.ts";

/**
 * Puts the clock in place of this thread's timers, so that the product runs unchanged: `Date.now`, `performance.now`, `setTimeout`,
 * `setInterval`, `AbortSignal.timeout` and `fetch`. Whoever calls one of them is the clock's owner of that moment. Returns how to give them back.
 */
export function borrowGlobals(clock: Clock, fetch: typeof globalThis.fetch): () => void {
  const lent = {
    now: Date.now,
    monotonic: performance.now,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    fetch: globalThis.fetch,
    timeout: AbortSignal.timeout,
    sign: subtle.sign,
    importKey: subtle.importKey,
  };

  Date.now = clock.now;
  performance.now = clock.monotonic;
  const once = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    timer(clock.after(ms, clock.owner(), () => work(...args)));
  globalThis.setTimeout = once as unknown as typeof setTimeout;
  globalThis.setInterval = every(clock) as unknown as typeof setInterval;
  globalThis.clearTimeout = callOff as typeof clearTimeout;
  globalThis.clearInterval = callOff as typeof clearInterval;
  globalThis.fetch = fetch;
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    const late = () => controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
    clock.after(ms, clock.owner(), late);
    return controller.signal;
  };
  // RSA is the one thing that leaves the microtasks: node does it on a thread.
  subtle.importKey = remembered(
    clock,
    lent.importKey.bind(subtle) as Asynchronous,
  ) as typeof subtle.importKey;
  subtle.sign = remembered(clock, lent.sign.bind(subtle) as Asynchronous) as typeof subtle.sign;

  return () => {
    Date.now = lent.now;
    performance.now = lent.monotonic;
    globalThis.setTimeout = lent.setTimeout;
    globalThis.clearTimeout = lent.clearTimeout;
    globalThis.setInterval = lent.setInterval;
    globalThis.clearInterval = lent.clearInterval;
    globalThis.fetch = lent.fetch;
    AbortSignal.timeout = lent.timeout;
    subtle.sign = lent.sign;
    subtle.importKey = lent.importKey;
  };
}

interface Timer {
  callOff(): void;
  ref(): Timer;
  unref(): Timer;
}

function timer(cancel: () => void): Timer {
  const made: Timer = { callOff: cancel, ref: () => made, unref: () => made };
  return made;
}

function callOff(given: unknown): void {
  if (typeof given === "object" && given !== null && "callOff" in given) (given as Timer).callOff();
}

function every(clock: Clock) {
  return (work: () => void, ms: number): Timer => {
    const owner = clock.owner();
    let cancel = () => {};
    const next = () => {
      cancel = clock.after(ms, owner, () => {
        next();
        work();
      });
    };
    next();
    return timer(() => cancel());
  };
}

type Asynchronous = (...args: unknown[]) => Promise<unknown>;

const memory = new Map<string, Promise<unknown>>();

/** The same arguments give the same result here (PKCS #1 signatures have no randomness), so each is computed once for all stories. */
function remembered(clock: Clock, compute: Asynchronous): Asynchronous {
  return (...args) => {
    const key = args.map(textOf).join("|");
    const known = memory.get(key);
    if (known !== undefined) return known;
    const fresh = clock.wait(compute(...args));
    memory.set(key, fresh);
    return fresh;
  };
}

function textOf(value: unknown): string {
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  return JSON.stringify(value);
}
