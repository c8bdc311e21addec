import type { Call } from "../gate.ts";
import type { Mode } from "./faults.ts";

type Settle<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void;

/** Carries a call out, once or as often as a connection that broke makes it, and gives back what its caller hears. */
export async function carryOut<T>(
  call: Call,
  apply: () => T | Promise<T>,
  fault: Mode | null,
): Promise<Settle<T>> {
  const answer = await settled(apply);
  const { broken, port } = call;
  if (fault !== "lost") return answer;
  if (broken) return (_resolve, reject) => reject(broken());
  // What never leaves the machine has no connection that could break.
  return port === "workspace" || port === "sandbox" ? answer : settled(apply);
}

async function settled<T>(apply: () => T | Promise<T>): Promise<Settle<T>> {
  try {
    const value = await apply();
    return (resolve) => resolve(value);
  } catch (error) {
    return (_resolve, reject) => reject(error);
  }
}
