import { AskPerson, LeaseLost, TryLater } from "../errors.ts";
import type { ToolContext } from "./tool.ts";

/** Errors that end the turn: the model can do nothing about them, so they never become a result for it. */
export function mustPropagate(error: unknown, context: ToolContext): boolean {
  return (
    context.signal.aborted ||
    error instanceof AskPerson ||
    error instanceof TryLater ||
    error instanceof LeaseLost
  );
}
