import { type Job, UnrecoverableError, WaitingError } from "bullmq";
import { ZodError } from "zod";

const never = new AbortController().signal;

/**
 * Does a job's work and decides what becomes of it: done; put back for another worker when this process ends;
 * kept as failed at once when its payload is poisoned; or else tried again, as often as the job allows.
 */
export async function settleJob(
  attempt: { job: Job; token: string | undefined; signal: AbortSignal | undefined; ending: AbortSignal },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { job, token, signal = never, ending } = attempt;
  try {
    await work(signal);
  } catch (error) {
    if (error instanceof ZodError) throw new UnrecoverableError(`Its payload is not valid: ${error.message}`);
    if (!ending.aborted || !signal.aborted) throw error;
    await job.moveToWait(token);
    throw new WaitingError();
  }
}
