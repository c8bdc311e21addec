import type { Worker } from "bullmq";
import type { Logger } from "../logger.ts";

/**
 * Makes loud what must be seen, and tells a job that its lock is gone. BullMQ itself leaves the signal alone then
 * (measured: a worker whose event loop was blocked did its side effect 6 s after another had done the job).
 */
export function watchWorker(worker: Worker, log: Logger): void {
  const queue = worker.name;
  worker.on("lockRenewalFailed", (jobIds: string[]) => {
    for (const jobId of jobIds) {
      log.warn({ queue, jobId }, "the lock on this job is lost; dropping it");
      worker.cancelJob(jobId, "the lock is lost");
    }
  });
  worker.on("failed", (job, err) => {
    const facts = { queue, jobId: job?.id, attempts: job?.attemptsMade, data: job?.data, err };
    // A job that is finished is kept as failed; any other is tried again.
    if (job?.finishedOn) log.error(facts, "gave up on this job; it is kept as failed");
    else log.warn(facts, "this job failed and is tried again");
  });
  worker.on("stalled", (jobId: string) =>
    log.warn({ queue, jobId }, "this job's worker is gone; it is done again"),
  );
  worker.on("error", (err) => log.debug({ queue, err }, "the queue is in trouble"));
}
