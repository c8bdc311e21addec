import type { CiDifference } from "../run/compare-ci.ts";
import { quoteLine } from "./quote.ts";

/** One thing that CI has and the checks here had not, as a sentence. What comes from the workflow file is quoted. */
export function describeDifference({ job, what, ci, here }: CiDifference): string {
  return `\`${quoteLine(job)}\` ${words[what](quoteLine(ci), quoteLine(here))}`;
}

const words: Record<CiDifference["what"], (ci: string, here: string) => string> = {
  runtime: (ci, here) => `has \`${ci}\`; here it was \`${here}\`.`,
  platform: (ci, here) => `runs on \`${ci}\`; here it was \`${here}\`.`,
  container: (ci) => `runs in the image \`${ci}\`; here there is none.`,
  command: (ci, here) => `runs \`${ci}\`, which did not run here; here \`${here}\` passed.`,
  environment: (ci) => `sets \`${ci}\`, and here nobody did.`,
  services: (ci) => `starts \`${ci}\`; here there is nothing like it.`,
};
