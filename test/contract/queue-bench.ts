import type { Consumers } from "../../src/queue/consumers.ts";
import type { Producer } from "../../src/queue/producer.ts";

interface Handlers {
  onCommand(command: unknown, signal: AbortSignal): Promise<void>;
  onAdvance(runId: string, signal: AbortSignal): Promise<void>;
}

/** One queue and whoever puts in and takes out; all is closed after the test. */
export interface QueueBench {
  producer(): Promise<Producer>;
  consumers(handlers: Partial<Handlers>): Promise<Pick<Consumers, "close">>;
}
