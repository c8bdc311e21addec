import { noContent, ok, param, type RepositoryCall } from "../call.ts";
import { flag, optionalText } from "../fields.ts";
import { readCommit } from "../git/commits.ts";
import { resolveCommit } from "../git/history.ts";
import type { TreeEntry } from "../git/object-store.ts";
import { readBlob, readTree } from "../git/objects.ts";
import { listRefs, readRef } from "../git/refs.ts";
import { page } from "../paging.ts";
import { canSee, roleOf } from "../permissions.ts";
import { notFound, Refusal } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { repositoryApi, repositoryHtml, shapeAccount } from "../shapes/basics.ts";
import { shapeCommit } from "../shapes/commit.ts";
import { shapeFullRepository } from "../shapes/repository.ts";
import { findAccount } from "../state.ts";
import { archiveRepository, renameRepository, setPrivate } from "../verbs/repository.ts";
import { callerOf } from "./issues.ts";

const readerOf = (call: RepositoryCall) =>
  call.actor.kind === "person" || call.actor.kind === "installation" ? call.actor.account : null;

async function update(call: RepositoryCall) {
  const { world, repository, body } = call;
  const sender = callerOf(call);
  const name = optionalText(body, "name");
  if (typeof name === "string" && name !== repository.name) renameRepository(world, repository, name, sender);
  const archived = flag(body, "archived");
  if (archived !== undefined && archived !== repository.archived)
    archiveRepository(world, repository, archived, sender);
  const hidden = flag(body, "private");
  if (hidden !== undefined && hidden !== repository.private) setPrivate(world, repository, hidden, sender);
  const branch = optionalText(body, "default_branch");
  if (typeof branch === "string") repository.defaultBranch = branch;
  return ok(shapeFullRepository(world, repository, sender));
}

/** What an account may do, as GitHub words it: an outsider reads what is public and nothing else. */
function permission(call: RepositoryCall) {
  const account = findAccount(call.world.state, param(call, "username"));
  if (account === null) throw notFound();
  const outsider = canSee({ kind: "person", account }, call.repository) ? "read" : "none";
  const role = roleOf(call.repository, account) ?? outsider;
  const at = ["read", "triage", "write", "maintain", "admin"].indexOf(role);
  // The old word knows four levels only: maintain is write there, triage is read.
  const old = role === "maintain" ? "write" : role === "triage" ? "read" : role;
  const permissions = { pull: at >= 0, triage: at >= 1, push: at >= 2, maintain: at >= 3, admin: at >= 4 };
  return ok({
    permission: old,
    user: { ...shapeAccount(call.world, account), permissions, role_name: role },
    role_name: role,
  });
}

function isCollaborator(call: RepositoryCall) {
  const account = findAccount(call.world.state, param(call, "username"));
  if (account === null || roleOf(call.repository, account) === null) throw notFound();
  return noContent();
}

function shapeEntry(call: RepositoryCall, entry: TreeEntry, path: string, ref: string) {
  const api = repositoryApi(call.world, call.repository);
  const html = repositoryHtml(call.world, call.repository);
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const type = { "040000": "dir", "120000": "symlink", "160000": "submodule" }[entry.mode] ?? "file";
  const url = `${api}/contents/${encoded}?ref=${ref}`;
  const gitUrl = `${api}/git/${type === "dir" ? "trees" : "blobs"}/${entry.sha}`;
  const page = `${html}/${type === "dir" ? "tree" : "blob"}/${ref}/${encoded}`;
  return {
    name: path.split("/").at(-1) ?? path,
    path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: page,
    git_url: gitUrl,
    download_url: type === "dir" ? null : `${html}/raw/${ref}/${encoded}`,
    type,
    _links: { self: url, git: gitUrl, html: page },
  };
}

async function contents(call: RepositoryCall) {
  const { repository } = call;
  const ref = call.query.get("ref") ?? repository.defaultBranch;
  const sha = await resolveCommit(repository.gitDir, ref);
  if (sha === null) throw new Refusal(404, { message: `No commit found for the ref ${ref}` });
  const path = param(call, "path").replace(/^\/+|\/+$/g, "");
  const entries = await readTree(repository.gitDir, sha, true);
  const entry = entries.find((one) => one.path === path);
  if (path === "" || entry?.type === "tree") {
    const prefix = path === "" ? "" : `${path}/`;
    const inside = entries.filter(
      (one) => one.path.startsWith(prefix) && !one.path.slice(prefix.length).includes("/"),
    );
    return ok(inside.map((one) => shapeEntry(call, one, one.path, ref)));
  }
  if (entry === undefined) throw notFound();
  const shaped = shapeEntry(call, entry, path, ref);
  if (entry.type === "commit") return ok({ ...shaped, submodule_git_url: null });
  const blob = await readBlob(repository.gitDir, entry.sha);
  if ((call.headers["accept"] ?? "").includes("raw")) return { status: 200, text: blob };
  if (entry.mode === "120000") return ok({ ...shaped, type: "symlink", target: blob.toString("utf8") });
  // From 1 MB on GitHub leaves the content out, and says so by the encoding.
  const large = blob.length > 1_048_576;
  const content = large ? "" : blob.toString("base64").replace(/(.{60})/g, "$1\n");
  return ok({
    ...shaped,
    content: content === "" || content.endsWith("\n") ? content : `${content}\n`,
    encoding: large ? "none" : "base64",
  });
}

async function branches(call: RepositoryCall) {
  const { world, repository } = call;
  return page(call, await listRefs(repository.gitDir, "refs/heads/"), (ref) => {
    const name = ref.name.slice("refs/heads/".length);
    return {
      name,
      commit: { sha: ref.sha, url: `${repositoryApi(world, repository)}/commits/${ref.sha}` },
      protected: repository.protection.has(name),
    };
  });
}

async function branch(call: RepositoryCall) {
  const { world, repository } = call;
  const name = param(call, "branch");
  const ref = await readRef(repository.gitDir, `refs/heads/${name}`);
  if (!ref) throw new Refusal(404, { message: "Branch not found" });
  const url = `${repositoryApi(world, repository)}/branches/${encodeURIComponent(name)}`;
  const protectedBranch = repository.protection.has(name);
  return ok({
    name,
    commit: shapeCommit(world, repository, await readCommit(repository.gitDir, ref.sha)),
    _links: { self: url, html: `${repositoryHtml(world, repository)}/tree/${name}` },
    protected: protectedBranch,
    protection: {
      enabled: protectedBranch,
      required_status_checks: { enforcement_level: "off", contexts: [], checks: [] },
    },
    protection_url: `${url}/protection`,
  });
}

const metadata = { needs: "metadata:read", role: "anyone" } as const;
const contentsRead = { needs: "contents:read", role: "anyone" } as const;

export const repositoryRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo": {
    ...metadata,
    run: (call) => ok(shapeFullRepository(call.world, call.repository, readerOf(call))),
  },
  // Archiving is the one thing that an archived repository's own settings must still allow to undo.
  "PATCH /repos/:owner/:repo": { needs: "administration:read", role: "admin", run: update },
  "GET /repos/:owner/:repo/collaborators/:username/permission": {
    ...metadata,
    role: "write",
    run: permission,
  },
  "GET /repos/:owner/:repo/collaborators/:username": { ...metadata, role: "write", run: isCollaborator },
  "GET /repos/:owner/:repo/contents": { ...contentsRead, run: contents },
  "GET /repos/:owner/:repo/contents/:path*": { ...contentsRead, run: contents },
  "GET /repos/:owner/:repo/branches": { ...contentsRead, run: branches },
  "GET /repos/:owner/:repo/branches/:branch": { ...contentsRead, run: branch },
};
