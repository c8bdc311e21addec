/** Counts what is under way in the background, so that a test can wait for calm instead of sleeping. */
export type Activity = {
  /** runs `work` in the background; its failure is reported, never thrown */
  start: (name: string, work: () => Promise<void>) => void;
  /** resolves when nothing is under way, looked at again after a turn of the event loop */
  settled: () => Promise<void>;
};

export function createActivity(onError: (name: string, error: unknown) => void): Activity {
  const underWay = new Set<Promise<void>>();
  return {
    start(name, work) {
      const task = Promise.resolve()
        .then(work)
        .catch((error: unknown) => onError(name, error))
        .finally(() => underWay.delete(task));
      underWay.add(task);
    },
    async settled() {
      do {
        await Promise.all(underWay);
        await new Promise((resolve) => setImmediate(resolve));
      } while (underWay.size > 0);
    },
  };
}
