import { type Clash, sideNames } from "../run/clash.ts";
import type { Review, ReviewComment } from "../run/review.ts";
import { shorten } from "./shorten.ts";
import { fenceLiteral, fenceProse } from "./untrusted.ts";

export { planSystemPrompt, promptsVersion, stepSystemPrompt } from "./system-prompts.ts";

/** What every phase of a run is told, first and in the same bytes, so that its beginning is cached from phase to phase. */
export interface RunFacts {
  repository: {
    owner: string;
    name: string;
    /** AGENTS.md of the base commit */
    instructions: string | null;
    /** the checks that the sandbox can run */
    checks: readonly { name: string; command: string; purpose: "proves" | "writes" }[];
  };
  issue: { number: number; title: string; author: string; body: string };
}

export interface PlanFacts extends RunFacts {
  /** tree, search hits and outlines, from `mapRepository` */
  map: string;
  /** what was wrong with the former plan; empty at the first attempt */
  problems: readonly string[];
}

export interface StepFacts extends RunFacts {
  plan: { goal: string; steps: readonly { title: string }[] };
  /** steps that are done, oldest first */
  finished: readonly { number: number; title: string; summary: string }[];
  step: { number: number; title: string; goal: string; files: readonly string[]; check: string };
  /** the files that the step names, from `openFiles` */
  files: readonly { path: string; text: string }[];
  /** the review that this step carries out, for a revision */
  review: Review | null;
  /** where our change and the moved base do not fit, for an update */
  clashes: readonly Clash[] | null;
  /** why the former attempt failed, or what CI found, with what was printed */
  failure: { because: string; output: string | null } | null;
  /** for a repair: what the failing jobs of CI have that the checks here have not, one sentence a line */
  differs: string | null;
}

const most = {
  instructions: 6_000,
  body: 16_000,
  output: 12_000,
  review: 6_000,
  comment: 3_000,
  differs: 3_000,
};

/** First message of a planning phase. Its last line names the phase. */
export function planOpening(facts: PlanFacts & { phase: string }): string {
  const problems = facts.problems.map((problem) => `- ${oneLine(problem)}`).join("\n");
  return message(facts.phase, [
    ...about(facts),
    `What was found without you:\n${fenceLiteral("map of the repository and search hits", facts.map)}`,
    problems === ""
      ? null
      : `Your former plan was not accepted. Make a new one without these faults:\n${problems}`,
    "Plan how the issue is mended.",
  ]);
}

/** First message of an attempt at a step. Its last line names the phase. */
export function stepOpening(facts: StepFacts & { phase: string }): string {
  const { plan, finished, step, files, review, clashes, failure, differs } = facts;
  const steps = plan.steps.map((each, index) => `${index + 1}. ${oneLine(each.title)}`);
  return message(facts.phase, [
    ...about(facts),
    `The plan: ${oneLine(plan.goal)}\n${steps.join("\n")}`,
    ...finished.map((done) => `Step ${done.number} is done: ${oneLine(done.summary)}`),
    [
      `Your step is ${step.number}: ${oneLine(step.title)}`,
      `Goal: ${step.goal.trim()}`,
      `Files it will change: ${step.files.map(oneLine).join(", ") || "not named"}`,
      `Check that proves it: ${oneLine(step.check)}`,
    ].join("\n"),
    ...files.map((file) => fenceLiteral(`content of ${file.path}, each line as number|text`, file.text)),
    ...(review ? reviewParts(review) : []),
    clashes ? clashText(clashes) : null,
    failure ? failureText(failure) : null,
    differs === null
      ? null
      : `The checks here passed where CI is red. This may be why, and then the check that proves the step cannot show it:\n${fenceLiteral("what CI does differently, from its workflow files", shorten(differs, most.differs))}`,
    "Carry out this step.",
  ]);
}

function about({ repository, issue }: RunFacts): (string | null)[] {
  const checks = repository.checks.map((check) => {
    const writes = check.purpose === "writes" ? " (changes files)" : "";
    return `- ${oneLine(check.name)}: ${oneLine(check.command)}${writes}`;
  });
  return [
    `Repository: ${oneLine(repository.owner)}/${oneLine(repository.name)}\nIts checks:\n${checks.join("\n")}`,
    repository.instructions === null
      ? null
      : fenceProse("conventions of the repository", shorten(repository.instructions, most.instructions)),
    fenceProse(
      `issue ${issue.number}, written by ${issue.author}`,
      `${issue.title}\n\n${shorten(issue.body, most.body)}`,
    ),
  ];
}

/** Each comment with the lines that it speaks of. Reviewers are people whom the repository trusts, and still their words are data. */
function reviewParts({ author, body, comments }: Review): string[] {
  const count = comments.length === 1 ? "one comment" : `${comments.length} comments`;
  return [
    `The review that asks for this revision has ${count}. Each comment describes a change of the code that is wanted; the summary of the step says what was done about each.`,
    ...(body === "" ? [] : [fenceProse(`review by ${author}`, shorten(body, most.review))]),
    ...comments.map((comment, index) => commentText(comment, index + 1, author)),
  ];
}

function commentText(
  { path, line, hunk, before, body }: ReviewComment,
  number: number,
  author: string,
): string {
  const at = line === null ? path : `${path}, line ${line}`;
  const said = before.map((each) =>
    fenceProse(`said before by ${each.author}`, shorten(each.body, most.comment)),
  );
  const code = hunk === "" ? [] : [fenceLiteral(`end of the diff above comment ${number}`, hunk)];
  return [
    ...code,
    ...said,
    fenceProse(`comment ${number} by ${author} on ${at}`, shorten(body, most.comment)),
  ].join("\n");
}

const clashWords: Record<Clash["kind"], string> = {
  both_changed: "both sides changed the same lines",
  we_deleted: "this change deletes it, the base branch changed it; it stands as the base branch has it",
  base_deleted: "the base branch deleted or moved it, this change edits it; it is gone",
  not_text: "both sides changed it, and it cannot be merged; it stands as the base branch has it",
  in_the_way: "this change writes it, and the base branch has something else of that name; it is left out",
};

/** Names of files are the repository's, hence data. */
function clashText(clashes: readonly Clash[]): string {
  const words = `The files are those of the new base branch, with this change carried over to them. Where both sides changed the same lines, both versions stand between the markers <<<<<<< ${sideNames.ours}, ======= and >>>>>>> ${sideNames.base}.`;
  if (clashes.length === 0) return `${words} No text clashes; find out whether the parts still fit.`;
  const lines = clashes.map(({ path, kind }) => `${oneLine(path)}: ${clashWords[kind]}`);
  return `${words}\n${fenceLiteral("what clashes", shorten(lines.join("\n"), most.review))}`;
}

function failureText({ because, output }: { because: string; output: string | null }): string {
  const words = `What went wrong before: ${oneLine(because)} Edits of a failed attempt are gone; the files are as shown.`;
  return output === null || output.trim() === ""
    ? words
    : `${words}\n${fenceLiteral("what was printed", shorten(output, most.output))}`;
}

function message(phase: string, parts: readonly (string | null)[]): string {
  return [...parts.filter((part) => part !== null), `Phase: ${phase}`].join("\n\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
