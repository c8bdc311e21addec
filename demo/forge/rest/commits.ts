import { ok, param, type RepositoryCall } from "../call.ts";
import { readCommit, readCommits } from "../git/commits.ts";
import { changedFiles, unifiedDiff } from "../git/diff.ts";
import { aheadBehind, commitsBetween, commitsOf, mergeBase, resolveCommit } from "../git/history.ts";
import { EMPTY_TREE } from "../git/objects.ts";
import { page } from "../paging.ts";
import { notFound, Refusal, unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { repositoryApi, repositoryHtml } from "../shapes/basics.ts";
import { shapeCommit, shapeFile } from "../shapes/commit.ts";

/** The commit a caller means, by SHA, branch or tag; GitHub answers 422 for a SHA that is not there. */
export async function commitShaOf(call: RepositoryCall, name: string): Promise<string> {
  const sha = await resolveCommit(call.repository.gitDir, name);
  if (sha === null) throw unprocessable(`No commit found for SHA: ${name}`);
  return sha;
}

async function listCommits(call: RepositoryCall) {
  const { world, repository, query } = call;
  const from = await resolveCommit(repository.gitDir, query.get("sha") ?? repository.defaultBranch);
  if (from === null) throw notFound();
  const shas = await commitsOf(repository.gitDir, from, query.get("path"));
  return page(call, shas, async (sha) =>
    shapeCommit(world, repository, await readCommit(repository.gitDir, sha)),
  );
}

const wantsDiff = (call: RepositoryCall) => /\bdiff\b/.test(call.headers["accept"] ?? "");

async function getCommit(call: RepositoryCall) {
  const { world, repository } = call;
  const sha = await commitShaOf(call, param(call, "ref"));
  if ((call.headers["accept"] ?? "").includes(".sha")) return { status: 200, text: sha };
  const commit = await readCommit(repository.gitDir, sha);
  const parent = commit.parents[0] ?? EMPTY_TREE;
  if (wantsDiff(call)) return { status: 200, text: await unifiedDiff(repository.gitDir, parent, sha) };
  const files = await changedFiles(repository.gitDir, parent, sha);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return ok({
    ...shapeCommit(world, repository, commit),
    stats: { total: additions + deletions, additions, deletions },
    files: files.map((file) => shapeFile(world, repository, sha, file)),
  });
}

async function compare(call: RepositoryCall) {
  const { world, repository } = call;
  const { gitDir } = repository;
  const basehead = param(call, "basehead");
  const cut = basehead.indexOf("...");
  if (cut === -1) throw notFound();
  // `owner:branch` names the same repository here: the forge has no forks.
  const [base, head] = await Promise.all(
    [basehead.slice(0, cut), basehead.slice(cut + 3)].map((name) =>
      resolveCommit(gitDir, name.replace(/^[^/]*:/, "")),
    ),
  );
  if (!base || !head) throw notFound();
  const common = await mergeBase(gitDir, base, head);
  if (common === null) throw new Refusal(404, { message: `No common ancestor between ${base} and ${head}.` });
  if (wantsDiff(call)) return { status: 200, text: await unifiedDiff(gitDir, common, head) };
  const { ahead, behind } = await aheadBehind(gitDir, base, head);
  const shas = (await commitsBetween(gitDir, base, head, 250)).reverse();
  const [commits, files, ends] = await Promise.all([
    readCommits(gitDir, shas),
    changedFiles(gitDir, common, head),
    readCommits(gitDir, [base, common]),
  ]);
  const html = `${repositoryHtml(world, repository)}/compare/${basehead}`;
  return ok({
    url: `${repositoryApi(world, repository)}/compare/${basehead}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: ends[0] === undefined ? null : shapeCommit(world, repository, ends[0]),
    merge_base_commit: ends[1] === undefined ? null : shapeCommit(world, repository, ends[1]),
    status: ahead === 0 ? (behind === 0 ? "identical" : "behind") : behind === 0 ? "ahead" : "diverged",
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.map((commit) => shapeCommit(world, repository, commit)),
    files: files.slice(0, 300).map((file) => shapeFile(world, repository, head, file)),
  });
}

const read = { needs: "contents:read", role: "anyone" } as const;

export const commitRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/commits": { ...read, run: listCommits },
  "GET /repos/:owner/:repo/commits/:ref*": { ...read, run: getCommit },
  "GET /repos/:owner/:repo/compare/:basehead*": { ...read, run: compare },
};
