import { AskPerson } from "../../errors.ts";
import { orNull } from "../pages.ts";

/** Null where this installation may not read it, or an older server has no such thing. */
export async function readable<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await orNull(reading);
  } catch (error) {
    if (error instanceof AskPerson) return null;
    throw error;
  }
}
