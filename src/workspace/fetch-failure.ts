import { AskPerson, TryLater } from "../errors.ts";
import { GitFailed } from "./git.ts";

/** What a failed fetch means for the run. git says it in words only; what is not known here is shown as it is. */
export function explainFetchFailure(error: unknown): unknown {
  if (!(error instanceof GitFailed)) return error;
  const words = error.message;
  const known = refusals.find(({ sign }) => sign.test(words));
  if (known)
    return new AskPerson(known.reason, `${known.say} Git says: ${lastLine(words)}`, { cause: error });
  if (error.code === null || /\b(5\d\d|429)\b/.test(words) || networkTrouble.test(words)) {
    return new TryLater(`The repository could not be fetched: ${lastLine(words)}`, 30_000, { cause: error });
  }
  return error;
}

const networkTrouble =
  /could not resolve|couldn't connect|failed to connect|connection (was )?(refused|reset|timed out|closed)|timed out|early EOF|hung up|RPC failed|SSL|unable to access/i;

const refusals = [
  {
    sign: /fsck|bad object|hasDot|\.gitmodules|invalid path/i,
    reason: "github",
    say: "The repository holds something that Git does not accept (a path named like Git's own directory, or a malformed object), so I do not check it out. Mend its history on the base branch, then comment `/agent retry`.",
  },
  {
    sign: /returned error: 30\d|redirect/i,
    reason: "github",
    say: "The repository's address redirects elsewhere (it was renamed or moved). Comment `/agent retry`, and I look it up anew.",
  },
  {
    sign: /authentication failed|could not read (username|password)|returned error: 40[134]|repository .* not found|access denied/i,
    reason: "permission",
    say: "I may not read this repository. Check that the App is installed for it with read access to contents, then comment `/agent retry`.",
  },
  {
    sign: /not our ref|no such remote ref|couldn't find remote ref/i,
    reason: "conflict",
    say: "The commit to start from is gone from the repository; the base branch was rewritten. Comment `/agent retry` to start from its present state.",
  },
] as const;

function lastLine(words: string): string {
  return words.trim().split("\n").slice(-1)[0]?.trim() ?? words;
}
