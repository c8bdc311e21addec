import { createRandom } from "../../kill/random.ts";

/** GitHub sends one after the other, at once. */
const calmMs = 30;
const windowMs = 6_000;

/**
 * After how many ms a webhook arrives, each time that it does. In a storm every one comes at least twice, and none in its turn:
 * some storms gather what happens within six seconds and hand it over backwards, the others shuffle it; a few come a minute late.
 */
export function arrivals(storm: number | null, nth: number, nowMs: number): number[] {
  if (storm === null) return [calmMs];
  const random = createRandom(storm * 7_919 + nth);
  const first = storm % 2 === 0 ? mirrored(nowMs) : random() * windowMs;
  const late = random() < 0.2 ? random() * 60_000 : 0;
  const again = Array.from({ length: 1 + Math.floor(random() * 2) }, () => first + late + random() * 40_000);
  return [first + late, ...again].map((ms) => calmMs + Math.round(ms));
}

/** What happened last within a window comes first after it. */
function mirrored(nowMs: number): number {
  const left = windowMs - (nowMs % windowMs);
  return left * 2;
}
