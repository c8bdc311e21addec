import { ruleViolations } from "../branch-rules.ts";
import { created, noContent, ok, param, type RepositoryCall } from "../call.ts";
import { flag, text } from "../fields.ts";
import { changedNames, isAncestor, mergeBase } from "../git/history.ts";
import type { Ref } from "../git/object-store.ts";
import { EMPTY_TREE, isSha, objectType } from "../git/objects.ts";
import { isValidRefName, listRefs, moveRef, readRef } from "../git/refs.ts";
import { page } from "../paging.ts";
import { installationMay } from "../permissions.ts";
import { notFound, Refusal, unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { nodeId, repositoryApi } from "../shapes/basics.ts";
import { refChanged } from "../verbs/ref.ts";
import { callerOf } from "./issues.ts";

function shapeRef(call: RepositoryCall, ref: Ref) {
  const api = repositoryApi(call.world, call.repository);
  return {
    ref: ref.name,
    node_id: `${nodeId("REF", call.repository.id)}:${ref.name}`,
    url: `${api}/git/${ref.name}`,
    object: { type: ref.type, sha: ref.sha, url: `${api}/git/${ref.type}s/${ref.sha}` },
  };
}

/** An app may bring a workflow file into a branch only with the `workflows` permission; what the base has already is no news. */
async function checkWorkflowFiles(call: RepositoryCall, from: string | null, to: string): Promise<void> {
  const { actor, repository } = call;
  if (actor.kind !== "installation" || installationMay(actor, repository, "workflows:write")) return;
  const main = await readRef(repository.gitDir, `refs/heads/${repository.defaultBranch}`);
  const base = from ?? (main === null ? null : await mergeBase(repository.gitDir, main.sha, to));
  const changed = await changedNames(repository.gitDir, base ?? EMPTY_TREE, to);
  // A merge brings along what the base has gained meanwhile.
  const unlikeMain = new Set(main === null ? changed : await changedNames(repository.gitDir, main.sha, to));
  if (changed.some((name) => name.startsWith(".github/workflows/") && unlikeMain.has(name))) {
    throw new Refusal(403, { message: "Resource not accessible by integration" });
  }
}

async function checkedSha(call: RepositoryCall): Promise<string> {
  const sha = text(call.body, "sha");
  if (!isSha(sha))
    throw unprocessable("The sha parameter must be exactly 40 characters and contain only [0-9a-f].");
  if ((await objectType(call.repository.gitDir, sha)) === null) throw unprocessable("Object does not exist");
  return sha;
}

/** Branch protection and rulesets; the first is not for the app to pass, whoever installed it. */
async function checkRules(
  call: RepositoryCall,
  ref: string,
  before: string | null,
  after: string | null,
): Promise<void> {
  const { repository } = call;
  if (!ref.startsWith("refs/heads/")) return;
  const branch = ref.slice("refs/heads/".length);
  if (before !== null && repository.protection.has(branch)) {
    throw unprocessable(
      after === null ? "Cannot delete this protected branch" : "Protected branch update failed",
    );
  }
  const violations = await ruleViolations(repository, { branch, before, after });
  if (violations.length > 0)
    throw unprocessable(`Repository rule violations found\n\n${violations.join("\n")}\n\n`);
}

async function create(call: RepositoryCall) {
  const { world, repository } = call;
  const name = text(call.body, "ref");
  if (!isValidRefName(name))
    throw unprocessable(`Reference name must start with 'refs/' and contain at least two slashes.`);
  const sha = await checkedSha(call);
  await checkWorkflowFiles(call, null, sha);
  const sender = callerOf(call);
  return world.exclusive(repository, async () => {
    if ((await readRef(repository.gitDir, name)) !== null) throw unprocessable("Reference already exists");
    await checkRules(call, name, null, sha);
    // `a` and `a/b` cannot both be branches: git keeps refs as files.
    if (!(await moveRef(repository.gitDir, name, sha, null))) throw unprocessable("Reference update failed");
    await refChanged(world, repository, sender, { ref: name, before: null, after: sha });
    const made = await readRef(repository.gitDir, name);
    return created(shapeRef(call, made ?? { name, sha, type: "commit" }));
  });
}

async function update(call: RepositoryCall) {
  const { world, repository } = call;
  const name = `refs/${param(call, "ref")}`;
  const sha = await checkedSha(call);
  const force = flag(call.body, "force") ?? false;
  const sender = callerOf(call);
  return world.exclusive(repository, async () => {
    const before = await readRef(repository.gitDir, name);
    if (before === null) throw unprocessable("Reference does not exist");
    if (!force && !(await isAncestor(repository.gitDir, before.sha, sha)))
      throw unprocessable("Update is not a fast forward");
    await checkRules(call, name, before.sha, sha);
    await checkWorkflowFiles(call, before.sha, sha);
    if (!(await moveRef(repository.gitDir, name, sha, before.sha)))
      throw unprocessable("Reference cannot be updated");
    if (before.sha !== sha)
      await refChanged(world, repository, sender, { ref: name, before: before.sha, after: sha });
    return ok(shapeRef(call, { ...before, sha }));
  });
}

async function remove(call: RepositoryCall) {
  const { world, repository } = call;
  const name = `refs/${param(call, "ref")}`;
  const sender = callerOf(call);
  return world.exclusive(repository, async () => {
    const before = await readRef(repository.gitDir, name);
    if (before === null) throw unprocessable("Reference does not exist");
    await checkRules(call, name, before.sha, null);
    if (!(await moveRef(repository.gitDir, name, null, before.sha)))
      throw unprocessable("Reference cannot be updated");
    await refChanged(world, repository, sender, { ref: name, before: before.sha, after: null });
    return noContent();
  });
}

async function get(call: RepositoryCall) {
  const ref = await readRef(call.repository.gitDir, `refs/${param(call, "ref")}`);
  if (ref === null) throw notFound();
  return ok(shapeRef(call, ref));
}

const matching = async (call: RepositoryCall) =>
  page(call, await listRefs(call.repository.gitDir, `refs/${call.params["ref"] ?? ""}`), (ref) =>
    shapeRef(call, ref),
  );

const read = { needs: "contents:read", role: "anyone" } as const;
const write = { needs: "contents:write", role: "write" } as const;

export const gitRefRoutes: RepositoryRoutes = {
  "POST /repos/:owner/:repo/git/refs": { ...write, run: create },
  "GET /repos/:owner/:repo/git/ref/:ref*": { ...read, run: get },
  "GET /repos/:owner/:repo/git/matching-refs/:ref*": { ...read, run: matching },
  "PATCH /repos/:owner/:repo/git/refs/:ref*": { ...write, run: update },
  "DELETE /repos/:owner/:repo/git/refs/:ref*": { ...write, run: remove },
};
