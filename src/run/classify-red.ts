import { type GateFacts, isRed, type Reported, reportedOn } from "./gate-facts.ts";
import type { Verdict } from "./gate-reading.ts";

/** What is fetched to tell whose fault a red check is. */
export interface RedEvidence {
  ownAppId: number;
  /** the same facts of the base commit that the branch was made from */
  base: GateFacts;
  /** what the failing jobs printed; cleaned and cut */
  log: string;
  /** the first commit of the base branch on which it is red, as far as was looked back */
  brokenSince: string | null;
  /** re-runs of failed jobs that we asked for on this SHA */
  reruns: number;
}

type Judged = { verdict: Verdict; because: string };

/**
 * Checks about the pull request's paper and not its code: no commit of ours can turn them green
 * (kunchenguid/no-mistakes#840: three attempts spent on a rule for the description).
 */
const ABOUT_PAPER =
  /\b(cla|dco|license\/cla|semantic[- ]pull[- ]request|pr[- ]?title|pull request title|labell?er|required labels?|changelog label|milestone|linked issue|reviewers?|approvals?|policy-bot|wip)\b/i;

/** The machine failed and not the code: words of GitHub's runners, package registries and networks. */
const INFRASTRUCTURE = [
  /the runner has received a shutdown signal/i,
  /hosted runner\b.*lost communication with the server/i,
  /no space left on device/i,
  /unable to (?:resolve|download) action/i,
  /failed to (?:download|restore) (?:action|cache|archive)/i,
  /\b(?:EAI_AGAIN|ENOTFOUND|ECONNRESET|ECONNREFUSED|ETIMEDOUT)\b.*(?:registry|npm|pypi|github|proxy|crates)/i,
  /(?:registry|npm|pypi|github|proxy|crates).*\b(?:EAI_AGAIN|ENOTFOUND|ECONNRESET|ECONNREFUSED|ETIMEDOUT)\b/i,
  /\b(?:502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out)\b/i,
  /could not resolve host/i,
  /docker: error response from daemon: .*(?:timeout|toomanyrequests)/i,
  /API rate limit exceeded/i,
];

/** Signs of a test that depends on luck: time, order, or a port that somebody else has. */
const LUCK = [
  /\bexceeded timeout of \d+/i,
  /timeout of \d+ ?ms exceeded/i,
  /test timed out (?:in|after) \d+/i,
  /\bEADDRINUSE\b/,
  /element (?:is )?not (?:attached|stable)/i,
  /stale element reference/i,
  /flaky/i,
];

/** Whose fault red is. In doubt it is ours: a repair is bounded, and people read a question about anything else. */
export function classifyRed(red: readonly Reported[], evidence: RedEvidence | null): Judged {
  const failed = `${names(red)} failed on this commit`;
  const broken = red.filter((check) => check.conclusion === "startup_failure");
  if (broken.length === red.length) {
    return {
      verdict: "not_fixable_here",
      because: `GitHub could not start ${names(broken)}: its workflow file is not valid, and workflow files are not mine to change.`,
    };
  }
  if (red.every((check) => ABOUT_PAPER.test(check.name))) {
    return {
      verdict: "not_fixable_here",
      because: `${failed}, and it asks for something that no commit can give.`,
    };
  }
  if (!evidence) return { verdict: "ours", because: `${failed}.` };
  const { base, ownAppId, log, reruns } = evidence;
  const baseRed = new Set(
    reportedOn(base, ownAppId)
      .filter(isRed)
      .map((check) => check.name),
  );
  if (red.every((check) => baseRed.has(check.name))) {
    const since = evidence.brokenSince ? ` It is so since ${evidence.brokenSince.slice(0, 10)}.` : "";
    return {
      verdict: "base_broken",
      because: `${failed}, and on the base commit ${base.sha.slice(0, 10)} already, before any change of mine.${since}`,
    };
  }
  if (red.some((check) => check.earlier.includes("success"))) {
    return { verdict: "flaky", because: `${failed} and passed on it before, so it is flaky.` };
  }
  if (INFRASTRUCTURE.some((sign) => sign.test(log))) {
    return {
      verdict: "infrastructure",
      because: `${failed}, and the log speaks of the machine or the network and not of the code.`,
    };
  }
  // After one re-run that failed again, luck is no explanation any more.
  if (reruns === 0 && LUCK.some((sign) => sign.test(log))) {
    return { verdict: "flaky", because: `${failed}, and the log looks like a test that depends on luck.` };
  }
  return { verdict: "ours", because: `${failed}.` };
}

function names(checks: readonly { name: string }[]): string {
  return [...new Set(checks.map((check) => check.name))].join(", ");
}
