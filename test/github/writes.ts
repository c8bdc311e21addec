import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createForge, type Forge } from "../../demo/forge/forge.ts";
import { createBranch, moveBranch } from "../../src/github/branch.ts";
import { ensureCheckRun, updateCheckRun } from "../../src/github/check-run.ts";
import { createGithub, type RepositoryGithub } from "../../src/github/client.ts";
import { editComment, ensureComment } from "../../src/github/comment.ts";
import { makeCommit } from "../../src/github/commit.ts";
import type { EffectRecord } from "../../src/github/effect.ts";
import { fetchHead } from "../../src/github/facts/repository.ts";
import { addLabels, ensureLabel } from "../../src/github/label.ts";
import { editPull, openPull } from "../../src/github/pull-request.ts";
import { convertToDraft, markReady } from "../../src/github/pull-stage.ts";
import { addEyes } from "../../src/github/reaction.ts";
import { updateBranch } from "../../src/github/update-branch.ts";
import { newRecord, silent } from "./support.ts";

const SINCE = "2000-01-01T00:00:00Z";

/** One write that is prepared and not made yet. */
export interface Prepared {
  /** the request that writes */
  strikes: { method: string; path: RegExp };
  make(record: EffectRecord): Promise<unknown>;
  /** how many of the thing stand on GitHub afterwards, or how often it says what was wanted */
  count(): number | Promise<number>;
}

/** Every kind of write, by the name under which it stands in the audit trail. Each preparation is a thing of its own. */
export interface Writes {
  readonly forge: Forge;
  readonly repository: RepositoryGithub;
  readonly kinds: Readonly<Record<string, () => Promise<Prepared>>>;
  close(): Promise<void>;
}

/** One repository on one forge, and a client that does not really wait. */
export async function openWrites(): Promise<Writes> {
  const dir = mkdtempSync(join(tmpdir(), "fixpoint-writes-"));
  mkdirSync(join(dir, "seed"));
  writeFileSync(join(dir, "seed/answer.txt"), "wrong\n");
  const forge = await createForge({ dataDir: join(dir, "forge"), slug: "fixpoint-test" });
  forge.createOrganization("acme");
  forge.createUser("alice");
  const installation = forge.install("acme");
  const from = join(dir, "seed");
  const made = await forge.createRepository({
    owner: "acme",
    name: "shop",
    from,
    collaborators: { alice: "write" },
  });
  const repository = createGithub({
    appId: forge.app.id,
    privateKey: forge.app.privateKey,
    apiUrl: `${forge.url}/api/v3`,
    markerKey: "marker-key-of-the-tests",
    log: silent,
    sleep: () => Promise.resolve(),
  }).repository({ id: made.id, owner: "acme", name: "shop", installationId: installation.id });
  const base = (await fetchHead(repository, "main")) ?? "";
  const issue = await forge.as("alice").openIssue("acme", "shop", { title: "Wrong", body: "It is." });
  const seen = () => forge.inspect("acme", "shop");
  const comments = () => seen().issues.find((each) => each.number === issue)?.comments ?? [];
  const branches = () => Object.keys(seen().refs).map((name) => name.replace("refs/heads/", ""));

  let things = 0;
  const fresh = () => `thing-${++things}`;
  const to = (method: string, path: string) => ({ method, path: new RegExp(`^/repos/acme/shop/${path}$`) });
  const progress = (op: string) => ({
    opKey: op,
    issueNumber: issue,
    mark: { run: "run_1_1_1", op },
    body: `The text of ${op}.`,
    since: SINCE,
  });
  const face = { conclusion: "in_progress", title: "At work", summary: "Planning." } as const;

  /** A commit whose tree is the base's own, so that nothing but the commit is made. */
  async function commit(branch: string) {
    const { data } = await repository.octokit.rest.git.getCommit({ ...repository.at(), commit_sha: base });
    const tree = data.tree.sha;
    const trailers = [
      ["Agent-Run", branch],
      ["Agent-Tree", tree],
    ] as const;
    const parents: [string] = [base];
    return { opKey: "commit", message: "fix: it", trailers, parents, files: [], tree, branch };
  }
  async function branchWithCommit() {
    const branch = `agent/${fresh()}`;
    const { sha } = await makeCommit(repository, newRecord().record, await commit(branch));
    await createBranch(repository, newRecord().record, { opKey: "branch", branch, sha, ours: [] });
    return { branch, sha };
  }
  const { branch: pullBranch } = await branchWithCommit();
  const { number } = await openPull(repository, newRecord().record, {
    opKey: "pull",
    branch: pullBranch,
    base: "main",
    title: "A title",
    body: "A body",
  });
  const pull = () => seen().pulls.find((each) => each.number === number);

  const kinds: Writes["kinds"] = {
    "comment.create": async () => {
      const wish = progress(fresh());
      return {
        strikes: to("POST", `issues/${issue}/comments`),
        make: (record) => ensureComment(repository, record, wish),
        count: () => comments().filter((each) => each.body.includes(`${wish.body}\n`)).length,
      };
    },
    "comment.edit": async () => {
      const wish = progress(fresh());
      const { commentId } = await ensureComment(repository, newRecord().record, wish);
      const body = `Another text of ${wish.opKey}.`;
      return {
        strikes: to("PATCH", `issues/comments/${commentId}`),
        make: (record) => editComment(repository, record, { ...wish, commentId, body }),
        count: () => comments().filter((each) => each.body.includes(`${body}\n`)).length,
      };
    },
    "branch.create": async () => {
      const branch = `agent/${fresh()}`;
      return {
        strikes: to("POST", "git/refs"),
        make: (record) => createBranch(repository, record, { opKey: "branch", branch, sha: base, ours: [] }),
        count: () => branches().filter((name) => name === branch).length,
      };
    },
    "branch.move": async () => {
      const branch = `agent/${fresh()}`;
      await createBranch(repository, newRecord().record, { opKey: "branch", branch, sha: base, ours: [] });
      const { sha } = await makeCommit(repository, newRecord().record, await commit(branch));
      return {
        strikes: to("PATCH", `git/refs/.*${branch.slice("agent/".length)}`),
        make: (record) => moveBranch(repository, record, { opKey: "move", branch, from: base, to: sha }),
        count: () => (seen().refs[`refs/heads/${branch}`] === sha ? 1 : 0),
      };
    },
    "branch.update": async () => {
      const { branch, sha: from } = await branchWithCommit();
      const texts = { title: "Behind", body: "" };
      const opened = await openPull(repository, newRecord().record, {
        opKey: "pull",
        branch,
        base: "main",
        ...texts,
      });
      await forge.as("alice").push("acme", "shop", "main", { "moved.txt": `${fresh()}\n` });
      const wish = { opKey: "update", branch, from, pullNumber: opened.number };
      return {
        strikes: to("PUT", `pulls/${opened.number}/update-branch`),
        make: (record) => updateBranch(repository, record, wish),
        count: async () => {
          const { data } = await repository.octokit.rest.repos.listCommits({
            ...repository.at(),
            sha: branch,
          });
          return data.filter((each) => each.parents.length === 2).length;
        },
      };
    },
    "commit.create": async () => {
      const branch = `agent/${fresh()}`;
      const wish = await commit(branch);
      let sha = "";
      return {
        strikes: to("POST", "git/commits"),
        make: async (record) => {
          sha = (await makeCommit(repository, record, wish)).sha;
        },
        // A commit is seen by what a branch at it shows.
        count: async () => {
          if (sha === "") return 0;
          await createBranch(repository, newRecord().record, { opKey: "branch", branch, sha, ours: [] });
          const { data } = await repository.octokit.rest.repos.compareCommits({
            ...repository.at(),
            base,
            head: sha,
          });
          return data.commits.length;
        },
      };
    },
    "pull.open": async () => {
      const { branch } = await branchWithCommit();
      const wish = { opKey: "pull", branch, base: "main", title: "A title", body: "A body" };
      return {
        strikes: to("POST", "pulls"),
        make: (record) => openPull(repository, record, wish),
        count: () => seen().pulls.filter((each) => each.headRef === branch).length,
      };
    },
    "pull.edit": async () => {
      const title = `The title of ${fresh()}`;
      return {
        strikes: to("PATCH", `pulls/${number}`),
        make: (record) => editPull(repository, record, { opKey: "edit", number, title, body: "A body" }),
        count: () => (pull()?.title === title ? 1 : 0),
      };
    },
    "pull.mark_ready": async () => {
      await convertToDraft(repository, newRecord().record, { opKey: "draft", number });
      return {
        strikes: { method: "POST", path: /\/graphql$/ },
        make: (record) => markReady(repository, record, { opKey: "ready", number }),
        count: () => (pull()?.draft === false ? 1 : 0),
      };
    },
    "pull.mark_draft": async () => {
      await markReady(repository, newRecord().record, { opKey: "ready", number });
      return {
        strikes: { method: "POST", path: /\/graphql$/ },
        make: (record) => convertToDraft(repository, record, { opKey: "draft", number }),
        count: () => (pull()?.draft ? 1 : 0),
      };
    },
    "check_run.create": async () => {
      const externalId = fresh();
      return {
        strikes: to("POST", "check-runs"),
        make: (record) =>
          ensureCheckRun(repository, record, { ...face, opKey: "check", sha: base, externalId }),
        count: () => seen().checkRuns.filter((each) => each.externalId === externalId).length,
      };
    },
    "check_run.update": async () => {
      const externalId = fresh();
      const wish = { ...face, opKey: "check", sha: base, externalId };
      const { checkRunId } = await ensureCheckRun(repository, newRecord().record, wish);
      return {
        strikes: to("PATCH", `check-runs/${checkRunId}`),
        make: (record) =>
          updateCheckRun(repository, record, { ...face, opKey: "done", checkRunId, conclusion: "success" }),
        count: () =>
          seen().checkRuns.filter((each) => each.externalId === externalId && each.conclusion === "success")
            .length,
      };
    },
    "label.create": async () => {
      const name = fresh();
      return {
        strikes: to("POST", "labels"),
        make: (record) =>
          ensureLabel(repository, record, { opKey: name, name, color: "ededed", description: "A label" }),
        count: () => seen().labels.filter((each) => each.name === name).length,
      };
    },
    "label.add": async () => {
      const name = fresh();
      const label = { opKey: name, name, color: "ededed", description: "A label" };
      await ensureLabel(repository, newRecord().record, label);
      return {
        strikes: to("POST", `issues/${issue}/labels`),
        make: (record) => addLabels(repository, record, { opKey: "add", number: issue, labels: [name] }),
        count: () =>
          seen()
            .issues.find((each) => each.number === issue)
            ?.labels.filter((each) => each === name).length ?? 0,
      };
    },
    "reaction.add": async () => {
      const commentId = await forge.as("alice").comment("acme", "shop", issue, `/agent help ${fresh()}`);
      return {
        strikes: to("POST", `issues/comments/${commentId}/reactions`),
        make: (record) => addEyes(repository, record, { opKey: "eyes", on: { kind: "comment", commentId } }),
        count: () => comments().find((each) => each.id === commentId)?.reactions.length ?? 0,
      };
    },
  };

  return {
    forge,
    repository,
    kinds,
    async close() {
      await forge.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
