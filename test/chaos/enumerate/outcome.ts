import { createMemoryStore } from "../../../demo/forge/git/memory-store.ts";
import { isPull } from "../../../demo/forge/shapes/pull.ts";
import { markedComments } from "./invariants/marks.ts";
import type { Outside } from "./outside.ts";

const byText = (a: string, b: string) => (a < b ? -1 : 1);

/** Asks a person for something, and is not said any more when the person was faster. */
const isNews = (op: string) => /^(result|question):/.test(op);

/** What people find in the end, without what differs from one time to the next: times, ids and SHAs. */
export function outcomeOf(outside: Outside) {
  const { data, shelf } = outside;
  const { repository, app } = data;
  const store = createMemoryStore(data.store);
  const issues = [...repository.issues.values()];
  return {
    runs: [...shelf.logs.keys()],
    ended: outside.run()?.ended?.outcome ?? null,
    branches: [...data.store.refs.keys()].toSorted(byText),
    issues: issues.map(({ number, title, state }) => ({ number, title, state })),
    pulls: issues.filter(isPull).map(({ pull }) => ({
      from: pull.headRef,
      merged: pull.mergedAt !== null,
      files: Object.fromEntries(
        store
          .readTree(pull.headSha, true)
          .filter(({ type }) => type === "blob")
          .map((entry) => [entry.path, store.read(entry.sha, "blob").toString("utf8")]),
      ),
    })),
    comments: markedComments(outside)
      .filter(({ op }) => !isNews(op))
      .map(({ number, op }) => `#${number} ${op}`)
      .toSorted(byText),
    checkRuns: repository.checkRuns
      .map((run) => `${run.name} of ${run.suite.owner}: ${run.conclusion}, ${run.output.title}`)
      .toSorted(byText),
    labels: repository.labels.map(({ name }) => name),
    others: issues.flatMap(({ comments }) => comments.filter(({ author }) => author !== app.bot)).length,
  };
}

export type Outcome = ReturnType<typeof outcomeOf>;
