import { setTimeout as wait } from "node:timers/promises";

/** Asks again and again until there is an answer; says what it waited for when there is none. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null>,
  {
    withinMs = 90_000,
    describe = async () => "",
  }: { withinMs?: number; describe?: () => Promise<string> } = {},
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}. ${await describe()}`);
    await wait(40);
  }
}
