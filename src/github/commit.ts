import { z } from "zod";
import { AskPerson } from "../errors.ts";
import { assertNoNewSecret } from "./commit-secrets.ts";
import { type EffectRecord, effect } from "./effect.ts";
import { orNull } from "./pages.ts";
import type { RepositoryGithub } from "./repository-github.ts";

/** What one commit does to the tree that it is put on. */
export type CommitFile =
  | { kind: "write"; path: string; mode: "100644" | "100755"; bytes: Uint8Array }
  | { kind: "delete"; path: string };

export interface StepCommit {
  opKey: string;
  /** subject and body, without trailers */
  message: string;
  /** in this order at the end of the message: `Agent-Run`, `Agent-Step`, `Agent-Plan`, `Agent-Tree`, `Signed-off-by` … */
  trailers: readonly (readonly [name: string, value: string])[];
  /** SHAs of the commits it builds on; more than one make it a merge */
  parents: readonly [string, ...string[]];
  /** what it does to the tree of its last parent */
  files: readonly CommitFile[];
  /** the tree of the checkpoint; GitHub must come to the same one */
  tree: string;
  /** where a former life may have published it already */
  branch: string;
}

const commitReceipt = z.object({ sha: z.string(), tree: z.string(), verified: z.boolean() });
export type CommitReceipt = z.infer<typeof commitReceipt>;

/** GitHub answers large tree calls slowly, and gives up on them after 10 s. */
const ENTRIES_PER_CALL = 100;
/** Above it a file goes as a blob of its own, so that one tree call stays small. */
const INLINE_BYTES = 256 * 1024;
const COMMITS_LOOKED_THROUGH = 100;

/**
 * One commit through the Git Data API, on no branch yet. Sent without author, committer and signature, so that GitHub signs it
 * for the App: that makes it "Verified". Its SHA cannot be foreseen (GitHub stamps the time), so it is known again by trailers, tree and parents;
 * a twin that no branch reaches is invisible and harmless.
 */
export function makeCommit(
  repository: RepositoryGithub,
  record: EffectRecord,
  commit: StepCommit,
): Promise<CommitReceipt> {
  const message = messageOf(commit);
  return effect<CommitReceipt>(
    record,
    {
      opKey: commit.opKey,
      op: "commit.create",
      args: { message, parents: commit.parents, tree: commit.tree },
      receipt: commitReceipt,
      key: "server",
      look: () => findCommit(repository, commit),
      act: async () => {
        const written = commit.files.filter((file) => file.kind === "write");
        await assertNoNewSecret(repository, { parent: groundOf(commit), files: written });
        const tree = await makeTree(repository, record, commit);
        if (tree !== commit.tree) throw foreignTree(commit, tree);
        record.check();
        const { data } = await repository.octokit.rest.git.createCommit({
          ...repository.at(),
          message,
          tree,
          parents: [...commit.parents],
        });
        const verified = data.verification.verified;
        repository.effects.log.info(
          { sha: data.sha, verified, reason: data.verification.reason },
          "commit made",
        );
        return { sha: data.sha, tree: data.tree.sha, verified };
      },
    },
    repository.effects,
  );
}

/** Subject, body, and the trailers as git reads them: the last paragraph, one a line. */
export function messageOf(commit: Pick<StepCommit, "message" | "trailers">): string {
  const lines = commit.trailers.map(([name, value]) => `${name}: ${value.replace(/\s+/g, " ").trim()}`);
  return [commit.message.trim(), lines.join("\n")].filter((part) => part !== "").join("\n\n");
}

async function findCommit(repository: RepositoryGithub, commit: StepCommit): Promise<CommitReceipt | null> {
  const listed = await orNull(
    repository.octokit.rest.repos.listCommits({
      ...repository.at(),
      sha: commit.branch,
      per_page: COMMITS_LOOKED_THROUGH,
    }),
  );
  const trailers = commit.trailers.map(([name, value]) => `${name}: ${value.replace(/\s+/g, " ").trim()}`);
  const found = listed?.data.find(
    (each) =>
      each.commit.tree.sha === commit.tree &&
      each.parents.map((parent) => parent.sha).join() === commit.parents.join() &&
      trailers.every((trailer) => each.commit.message.split("\n").includes(trailer)),
  );
  if (!found) return null;
  return { sha: found.sha, tree: commit.tree, verified: found.commit.verification?.verified ?? false };
}

/** The commit on whose tree the files are put. */
function groundOf({ parents }: StepCommit): string {
  return parents.at(-1) ?? parents[0];
}

async function makeTree(
  repository: RepositoryGithub,
  record: EffectRecord,
  commit: StepCommit,
): Promise<string> {
  const { data: parent } = await repository.octokit.rest.git.getCommit({
    ...repository.at(),
    commit_sha: groundOf(commit),
  });
  let base = parent.tree.sha;
  for (let at = 0; at < commit.files.length; at += ENTRIES_PER_CALL) {
    const entries = [];
    for (const file of commit.files.slice(at, at + ENTRIES_PER_CALL))
      entries.push(await entryOf(repository, record, file));
    record.check();
    const { data } = await repository.octokit.rest.git.createTree({
      ...repository.at(),
      base_tree: base,
      tree: entries,
    });
    base = data.sha;
  }
  return base;
}

type Entry = { path: string; mode: "100644" | "100755"; type: "blob" } & (
  | { content: string }
  | { sha: string | null }
);

async function entryOf(repository: RepositoryGithub, record: EffectRecord, file: CommitFile): Promise<Entry> {
  if (file.kind === "delete") return { path: file.path, mode: "100644", type: "blob", sha: null };
  const entry = { path: file.path, mode: file.mode, type: "blob" } as const;
  const text = file.bytes.length <= INLINE_BYTES ? textOf(file.bytes) : null;
  if (text !== null) return { ...entry, content: text };
  record.check();
  const { data } = await repository.octokit.rest.git.createBlob({
    ...repository.at(),
    content: Buffer.from(file.bytes).toString("base64"),
    encoding: "base64",
  });
  return { ...entry, sha: data.sha };
}

/** The text, when JSON can carry it without changing a byte (a byte order mark included); else null. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function foreignTree(commit: StepCommit, tree: string): AskPerson {
  return new AskPerson(
    "internal",
    `GitHub made the tree ${tree} of changes that made ${commit.tree} here, so nothing was published. Somebody who runs Fixpoint should look at the log; \`/agent retry\` tries again.`,
  );
}
