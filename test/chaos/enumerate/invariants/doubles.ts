import { parseCommit } from "../../../../demo/forge/git/commits.ts";
import { createMemoryStore } from "../../../../demo/forge/git/memory-store.ts";
import { isPull } from "../../../../demo/forge/shapes/pull.ts";
import type { Played } from "../play.ts";
import { markedComments, twins } from "./marks.ts";

export function doubles({ outside }: Played): string[] {
  const { data, shelf } = outside;
  const { repository } = data;
  const pulls = [...repository.issues.values()].filter(isPull);
  const branches = [...data.store.refs.keys()].filter((ref) => ref.startsWith("refs/heads/agent/"));
  const comments = markedComments(outside);
  const ofUs = [...repository.issues.values()].flatMap((issue) =>
    issue.comments.filter(({ author }) => author === data.app.bot),
  );
  const checkRuns = repository.checkRuns.filter((run) => run.suite.owner === "ours");
  return [
    ...(shelf.logs.size > 1 ? [`${shelf.logs.size} runs for one trigger`] : []),
    ...(branches.length > 1 ? [`${branches.length} branches: ${branches.join(", ")}`] : []),
    ...(pulls.length > 1 ? [`${pulls.length} pull requests`] : []),
    ...twins(comments.map(({ number, op }) => `comment ${op} on #${number}`)).map((name) => `twins: ${name}`),
    ...(ofUs.length > comments.length
      ? [`${ofUs.length - comments.length} comments of ours without a mark`]
      : []),
    ...twins(checkRuns.map((run) => `check run ${run.externalId}`)).map((name) => `twins: ${name}`),
    ...twins(repository.labels.map(({ name }) => `label ${name}`)).map((name) => `twins: ${name}`),
    ...twins(stepsOnBranch(outside)).map((name) => `twins: commit for ${name}`),
  ];
}

/** One line for each commit that the branch has beyond its base. */
function stepsOnBranch({ data }: Played["outside"]): string[] {
  const pull = [...data.repository.issues.values()].find(isPull);
  if (!pull) return [];
  const store = createMemoryStore(data.store);
  const { headSha, baseSha } = pull.pull;
  return store.commitsBetween(baseSha, headSha, 100).map((sha) => {
    const { message } = parseCommit(sha, store.read(sha, "commit").toString("utf8"));
    return /^Agent-Step: .*$/m.exec(message)?.[0] ?? `a step without a number (${sha})`;
  });
}
