import type { Story } from "./story.ts";

/** What stands on the forge at the end of a story, in the words of the story: enough to see every double and every gap. */
export interface Outcome {
  /** branches of ours */
  branches: readonly string[];
  pulls: readonly { number: number; state: string; draft: boolean; head: string }[];
  /** on the branch of the newest pull request, oldest first */
  commits: readonly { subject: string; step: string; verified: boolean }[];
  /** what our comments on the issue and on the newest pull request are, oldest first */
  onIssue: readonly string[];
  onPull: readonly string[];
  /** checks on the head of the newest pull request, by name */
  checks: readonly string[];
}

/** The one outcome of an issue that is mended in one step. */
export const oneReadyPull: Outcome = {
  branches: ["agent/issue-1"],
  pulls: [{ number: 2, state: "open", draft: false, head: "agent/issue-1" }],
  commits: [{ subject: "Add instead of subtracting", step: "1/1", verified: true }],
  onIssue: ["progress", "result"],
  onPull: ["cost", "audit"],
  checks: ["Fixpoint success", "test success"],
};

/** Nothing at all, apart from what is said on the issue. */
export const onlyWords = (...onIssue: string[]): Outcome => ({
  branches: [],
  pulls: [],
  commits: [],
  onIssue,
  onPull: [],
  checks: [],
});

/** What of a story is looked at. */
type Seen = Pick<Story, "seen" | "robin" | "repository">;

export async function outcomeOf(story: Seen, issue = 1): Promise<Outcome> {
  const seen = story.seen();
  const pull = seen.pulls.at(-1);
  const onHead = seen.checkRuns.filter((check) => check.headSha === pull?.headSha);
  return {
    branches: Object.keys(seen.refs)
      .filter((ref) => ref.startsWith("refs/heads/agent/"))
      .map((ref) => ref.slice("refs/heads/".length)),
    pulls: seen.pulls.map(({ number, state, draft, headRef }) => ({ number, state, draft, head: headRef })),
    commits: pull ? await commitsOf(story, pull) : [],
    onIssue: ourComments(story, issue),
    onPull: pull ? ourComments(story, pull.number) : [],
    checks: onHead.map((check) => `${check.name} ${check.conclusion ?? check.status}`).sort(),
  };
}

/** From the hidden mark of each comment: `progress`, `question`, `result`, `ended`, `cost`, `audit`, `answer`. */
function ourComments(story: Seen, number: number): string[] {
  const found = story.seen().issues.find((issue) => issue.number === number);
  return (found?.comments ?? [])
    .filter((comment) => comment.author === "fixpoint[bot]")
    .map((comment) => {
      const op = /<!-- fixpoint:v1 .*op=([a-z]+)/.exec(comment.body)?.[1] ?? "without a mark";
      return op === "command" || op === "start" ? "answer" : op;
    });
}

async function commitsOf(
  story: Seen,
  pull: { headSha: string; baseSha: string },
): Promise<Outcome["commits"]> {
  const commits = await commitsBetween(story, pull.baseSha, pull.headSha);
  return commits.map(({ message, verified }) => ({
    subject: message.split("\n")[0] ?? "",
    step: /^Agent-Step: (.*)$/m.exec(message)?.[1] ?? "none",
    verified,
  }));
}

export interface SeenCommit {
  sha: string;
  message: string;
  author: string;
  verified: boolean;
}

/** Commits that `head` has and `base` has not, oldest first, as GitHub shows them. */
export async function commitsBetween(story: Seen, base: string, head: string): Promise<SeenCommit[]> {
  const path = `/repos/${story.repository.fullName}/commits?sha=${head}&per_page=100`;
  const listed = (await story.robin.request("GET", path)) as {
    sha: string;
    commit: { message: string; author: { name: string }; verification: { verified: boolean } };
  }[];
  const end = listed.findIndex((each) => each.sha === base);
  return listed
    .slice(0, end === -1 ? listed.length : end)
    .reverse()
    .map(({ sha, commit }) => ({
      sha,
      message: commit.message,
      author: commit.author.name,
      verified: commit.verification.verified,
    }));
}
