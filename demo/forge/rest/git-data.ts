import { created, ok, param, type RepositoryCall } from "../call.ts";
import { asFields, type Fields, objects, text, texts, time } from "../fields.ts";
import { commitText, type NewCommit, type Person, readCommit, writeCommit } from "../git/commits.ts";
import { resolveCommit } from "../git/history.ts";
import type { TreeChange } from "../git/object-store.ts";
import { isSha, objectType, readBlob, readTree, treeOf, writeBlob, writeTree } from "../git/objects.ts";
import { GitError } from "../git/run.ts";
import { notFound, unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { repositoryApi } from "../shapes/basics.ts";
import { emailOf, shapeGitCommit } from "../shapes/commit.ts";
import { signCommit } from "../signing.ts";
import { callerOf } from "./issues.ts";

async function createBlob(call: RepositoryCall) {
  const content = text(call.body, "content");
  const encoding = call.body["encoding"] ?? "utf-8";
  if (encoding !== "utf-8" && encoding !== "base64")
    throw unprocessable(`encoding must be "utf-8" or "base64"`);
  const sha = await writeBlob(call.repository.gitDir, Buffer.from(content, encoding));
  return created({ sha, url: `${repositoryApi(call.world, call.repository)}/git/blobs/${sha}` });
}

async function getBlob(call: RepositoryCall) {
  const sha = param(call, "sha");
  if ((await objectType(call.repository.gitDir, sha)) !== "blob") throw notFound();
  const blob = await readBlob(call.repository.gitDir, sha);
  if ((call.headers["accept"] ?? "").includes("raw")) return { status: 200, text: blob };
  return ok({
    sha,
    node_id: `B_${Buffer.from(`${call.repository.id}:${sha}`).toString("base64url")}`,
    size: blob.length,
    url: `${repositoryApi(call.world, call.repository)}/git/blobs/${sha}`,
    content: blob.toString("base64").replace(/(.{60})/g, "$1\n"),
    encoding: "base64",
  });
}

const MODES = ["100644", "100755", "040000", "160000", "120000"];

async function readChange(call: RepositoryCall, entry: Fields): Promise<TreeChange> {
  const path = text(entry, "path");
  const malformed =
    path === "" || path.split("/").some((part) => ["", ".", "..", ".git"].includes(part.toLowerCase()));
  if (malformed) throw unprocessable("tree.path contains a malformed path component");
  const mode = entry["mode"];
  if (typeof mode !== "string" || !MODES.includes(mode)) throw unprocessable(`Must supply a valid tree.mode`);
  const { sha, content } = { sha: entry["sha"], content: entry["content"] };
  if (typeof sha === "string" && content !== undefined)
    throw unprocessable("Must supply either tree.sha or tree.content");
  if (typeof content === "string")
    return { path, mode, sha: await writeBlob(call.repository.gitDir, Buffer.from(content)) };
  if (sha === null) return { path, mode, sha };
  if (typeof sha !== "string") throw unprocessable("Must supply either tree.sha or tree.content");
  const wanted = mode === "040000" ? "tree" : mode === "160000" ? null : "blob";
  if (wanted !== null && (await objectType(call.repository.gitDir, sha)) !== wanted) {
    throw unprocessable(`tree.sha ${sha} is not a valid ${wanted}`);
  }
  return { path, mode, sha };
}

async function createTree(call: RepositoryCall) {
  const { gitDir } = call.repository;
  const entries = objects(call.body, "tree");
  if (entries === undefined || entries.length === 0) throw unprocessable("Invalid tree info");
  const base = call.body["base_tree"];
  if (typeof base === "string" && !["tree", "commit"].includes((await objectType(gitDir, base)) ?? "")) {
    throw unprocessable("base_tree is not a valid tree oid");
  }
  const changes = await Promise.all(entries.map((entry) => readChange(call, entry)));
  try {
    const sha = await writeTree(gitDir, typeof base === "string" ? base : null, changes);
    return created(await shapeTree(call, sha, false));
  } catch (error) {
    if (error instanceof GitError) throw unprocessable("GitRPC::BadObjectState");
    throw error;
  }
}

async function shapeTree(call: RepositoryCall, sha: string, recursive: boolean) {
  const api = repositoryApi(call.world, call.repository);
  const entries = await readTree(call.repository.gitDir, sha, recursive);
  return {
    sha,
    url: `${api}/git/trees/${sha}`,
    tree: entries.slice(0, 100_000).map((entry) => ({
      path: entry.path,
      mode: entry.mode,
      type: entry.type,
      sha: entry.sha,
      ...(entry.size === null ? {} : { size: entry.size }),
      ...(entry.type === "commit" ? {} : { url: `${api}/git/${entry.type}s/${entry.sha}` }),
    })),
    truncated: entries.length > 100_000,
  };
}

async function getTree(call: RepositoryCall) {
  const { gitDir } = call.repository;
  const name = param(call, "sha");
  const sha = (await objectType(gitDir, name)) === "tree" ? name : await resolveCommit(gitDir, name);
  if (sha === null) throw notFound();
  const tree = await treeOf(gitDir, sha);
  const recursive = call.query.get("recursive");
  return ok(await shapeTree(call, tree, recursive !== null && recursive !== ""));
}

function readPerson(call: RepositoryCall, key: string): Person | null {
  if (call.body[key] === undefined || call.body[key] === null) return null;
  const given = asFields(call.body[key]);
  return {
    name: text(given, "name"),
    email: text(given, "email"),
    at: time(given, "date") ?? call.world.now(),
  };
}

/** GitHub writes and signs the commit of an app that names neither author nor committer; any other commit stays unsigned. */
async function createCommit(call: RepositoryCall) {
  const { world, repository } = call;
  const { gitDir } = repository;
  const tree = text(call.body, "tree");
  if ((await objectType(gitDir, tree)) !== "tree") throw unprocessable("Tree SHA does not exist");
  const parents = texts(call.body, "parents") ?? [];
  for (const parent of parents) {
    if (!isSha(parent)) throw unprocessable("The commit parents are not valid SHA1s");
    if ((await objectType(gitDir, parent)) !== "commit")
      throw unprocessable("Parent SHA does not exist or is not a commit object");
  }
  const given = { author: readPerson(call, "author"), committer: readPerson(call, "committer") };
  const caller = callerOf(call);
  const me: Person = { name: caller.login, email: emailOf(caller), at: world.now() };
  const author = given.author ?? me;
  const signs = call.actor.kind === "installation" && given.author === null && given.committer === null;
  const committer = signs
    ? { name: "GitHub", email: "noreply@github.com", at: world.now() }
    : (given.committer ?? author);
  const commit: NewCommit = { tree, parents, author, committer, message: text(call.body, "message") };
  const signature = signs ? signCommit(world, commitText(commit)) : undefined;
  const sha = await writeCommit(gitDir, { ...commit, ...(signature === undefined ? {} : { signature }) });
  if (signature !== undefined)
    repository.signed.set(sha, { payload: commitText(commit), signature, at: world.now() });
  return created(shapeGitCommit(world, repository, await readCommit(gitDir, sha)));
}

async function getCommit(call: RepositoryCall) {
  const sha = param(call, "sha");
  if ((await objectType(call.repository.gitDir, sha)) !== "commit") throw notFound();
  return ok(shapeGitCommit(call.world, call.repository, await readCommit(call.repository.gitDir, sha)));
}

const read = { needs: "contents:read", role: "anyone" } as const;
const write = { needs: "contents:write", role: "write" } as const;

export const gitDataRoutes: RepositoryRoutes = {
  "POST /repos/:owner/:repo/git/blobs": { ...write, run: createBlob },
  "GET /repos/:owner/:repo/git/blobs/:sha": { ...read, run: getBlob },
  "POST /repos/:owner/:repo/git/trees": { ...write, run: createTree },
  "GET /repos/:owner/:repo/git/trees/:sha*": { ...read, run: getTree },
  "POST /repos/:owner/:repo/git/commits": { ...write, run: createCommit },
  "GET /repos/:owner/:repo/git/commits/:sha": { ...read, run: getCommit },
};
