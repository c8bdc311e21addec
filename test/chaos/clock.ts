/** A process as the clock sees it: what belongs to a dead one never happens, what belongs to a frozen one waits. */
export interface Owner {
  readonly name: string;
  state: "runs" | "dead";
  /** ms since 1970; in the past unless it is stopped, as by SIGSTOP */
  frozenUntil: number;
}

export const nature: Owner = { name: "nature", state: "runs", frozenUntil: 0 };

export interface Clock {
  /** ms since 1970 */
  now(): number;
  /** ms that never jump */
  monotonic(): number;
  /** whose code runs now: one event belongs to one owner, and all that it sets off before the next event too */
  owner(): Owner;
  /** something that happens after a while; returns how to call it off */
  after(ms: number, owner: Owner, work: () => void | Promise<void>): () => void;
  /** rejects with the signal's reason as soon as it aborts */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** work of the real world that no microtask ends (a thread that signs): time stands still until then */
  wait<T>(real: Promise<T>): Promise<T>;
  /** plays one event after the other until `done` or until the time is over */
  play(done: () => boolean, withinMs: number): Promise<"done" | "late" | "nothing_left">;
}

interface Event {
  at: number;
  order: number;
  owner: Owner;
  work: () => void | Promise<void>;
}

const oneTurn = () => new Promise<void>((resolve) => realSetImmediate(resolve));
const realSetImmediate = setImmediate;

/**
 * Virtual time. It stands still while anybody has something to do and jumps to the next event when everybody waits, so hours pass in
 * milliseconds, and the same story always takes the same course: events of one moment happen in the order in which they were asked for.
 * `now` is later than the beginning where a story goes on in the middle.
 */
export function createClock(startsAt: number, now = startsAt): Clock {
  let time = now;
  let orders = 0;
  let running = nature;
  let underWay = 0;
  const events: Event[] = [];

  function insert(event: Event): void {
    let at = events.length;
    while (at > 0 && isBefore(event, events[at - 1])) at--;
    events.splice(at, 0, event);
  }

  async function settle(): Promise<void> {
    do await oneTurn();
    while (underWay > 0);
  }

  function after(ms: number, owner: Owner, work: () => void | Promise<void>): () => void {
    orders += 1;
    const event: Event = { at: time + Math.max(0, ms), order: orders, owner, work };
    insert(event);
    return () => {
      const at = events.indexOf(event);
      if (at !== -1) events.splice(at, 1);
    };
  }

  return {
    now: () => time,
    monotonic: () => time - startsAt,
    owner: () => running,
    after,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const callOff = after(ms, running, () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        });
        const stop = () => {
          callOff();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
    async wait(real) {
      underWay += 1;
      try {
        return await real;
      } finally {
        underWay -= 1;
      }
    },
    async play(done, withinMs) {
      const end = time + withinMs;
      for (;;) {
        await settle();
        if (done()) return "done";
        const next = events.shift();
        if (!next) return "nothing_left";
        if (next.owner.state === "dead") continue;
        if (next.owner.frozenUntil > Math.max(time, next.at)) {
          insert({ ...next, at: next.owner.frozenUntil });
          continue;
        }
        if (next.at > end) return "late";
        time = Math.max(time, next.at);
        running = next.owner;
        await next.work();
      }
    },
  };
}

function isBefore(event: Event, other: Event | undefined): boolean {
  if (!other) return false;
  return event.at < other.at || (event.at === other.at && event.order < other.order);
}
