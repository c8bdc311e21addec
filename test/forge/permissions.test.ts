import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusalOf, type Stage, setStage } from "./support/forge.ts";

const notAccessible = { status: 403, message: "Resource not accessible by integration" };
const notFound = { status: 404, message: "Not Found" };

describe("permissions of the app", () => {
  let stage: Stage;
  let issue: number;
  beforeAll(async () => {
    stage = await setStage({ repository: { private: true } });
    issue = await stage.forge.as("robin").openIssue("acme", "lib", { title: "One" });
  });
  afterAll(() => stage.stop());

  it("lets a token do what its permissions say and nothing more", async () => {
    const octokit = stage.octokitWith(await stage.token({ permissions: { issues: "read" } }));
    expect((await octokit.rest.issues.get({ ...stage.repo, issue_number: issue })).data.title).toBe("One");
    const refused = [
      octokit.rest.issues.createComment({ ...stage.repo, issue_number: issue, body: "no" }),
      octokit.rest.pulls.list({ ...stage.repo }),
      octokit.rest.git.getRef({ ...stage.repo, ref: "heads/main" }),
      octokit.rest.checks.listForRef({ ...stage.repo, ref: "main" }),
      octokit.rest.repos.getCombinedStatusForRef({ ...stage.repo, ref: "main" }),
      octokit.rest.actions.listWorkflowRunsForRepo({ ...stage.repo }),
      octokit.rest.repos.getBranchProtection({ ...stage.repo, branch: "main" }),
    ];
    expect(await Promise.all(refused.map(refusalOf))).toEqual(refused.map(() => notAccessible));
    expect(stage.forge.inspect("acme", "lib").issues[0]?.comments).toEqual([]);
  });

  it("says which permission an endpoint wants", async () => {
    const answer = await stage.octokit.rest.issues.get({ ...stage.repo, issue_number: issue });
    expect(answer.headers["x-accepted-github-permissions"]).toBe("issues=read; pull_requests=read");
  });

  it("lets pull_requests: write comment on pull requests but not on issues", async () => {
    const octokit = stage.octokitWith(await stage.token({ permissions: { pull_requests: "write" } }));
    expect(
      await refusalOf(octokit.rest.issues.createComment({ ...stage.repo, issue_number: issue, body: "no" })),
    ).toEqual(notAccessible);
  });

  it("answers 404 for a private repository that the caller may not see", async () => {
    const eve = stage.octokitWith(stage.forge.as("eve").token);
    expect(await refusalOf(eve.rest.repos.get({ ...stage.repo }))).toEqual(notFound);
    const anonymous = await fetch(`${stage.forge.url}/api/v3/repos/acme/lib`);
    expect(anonymous.status).toBe(404);
  });
});

describe("rights of people", () => {
  let stage: Stage;
  let issue: number;
  beforeAll(async () => {
    stage = await setStage();
    issue = await stage.forge
      .as("eve")
      .openIssue("acme", "lib", { title: "From outside", labels: ["agent-fix"] });
  });
  afterAll(() => stage.stop());

  it("lets an outsider open issues and comment, and nothing else", async () => {
    const eve = stage.forge.as("eve");
    await eve.comment("acme", "lib", issue, "please");
    const admin = { status: 403, message: "Must have admin rights to Repository." };
    expect(await refusalOf(eve.label("acme", "lib", issue, "agent-fix"))).toEqual(admin);
    expect(await refusalOf(eve.push("acme", "lib", "main", { "a.txt": "evil" }))).toEqual(admin);
    const [seen] = stage.forge.inspect("acme", "lib").issues;
    expect({ labels: seen?.labels, comments: seen?.comments.map((one) => one.body) }).toEqual({
      labels: [],
      comments: ["please"],
    });
  });

  it("answers the collaborator permission as GitHub words it", async () => {
    const of = async (username: string) => {
      const { data } = await stage.octokit.rest.repos.getCollaboratorPermissionLevel({
        ...stage.repo,
        username,
      });
      return [data.permission, data.role_name];
    };
    expect([await of("acme"), await of("ada"), await of("robin"), await of("eve")]).toEqual([
      ["admin", "admin"],
      ["write", "maintain"],
      ["write", "write"],
      ["read", "read"],
    ]);
    expect(await refusalOf(of("nobody"))).toEqual(notFound);
    stage.forge.settings.makePrivate("acme", "lib");
    expect(await of("eve")).toEqual(["none", "none"]);
    stage.forge.settings.makePublic("acme", "lib");
  });

  it("lets only apps write checks", async () => {
    const robin = stage.octokitWith(stage.forge.as("robin").token);
    const head_sha = stage.forge.inspect("acme", "lib").refs["refs/heads/main"] ?? "";
    expect(await refusalOf(robin.rest.checks.create({ ...stage.repo, name: "fake", head_sha }))).toEqual({
      status: 403,
      message: "You must authenticate via a GitHub App.",
    });
  });

  it("takes a right away at once", async () => {
    stage.forge.settings.collaborator("acme", "lib", "robin", null);
    expect(await refusalOf(stage.forge.as("robin").label("acme", "lib", issue, "x"))).toMatchObject({
      status: 403,
    });
    stage.forge.settings.collaborator("acme", "lib", "robin", "write");
  });
});

describe("what becomes of a repository", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await stage.forge.as("robin").openIssue("acme", "lib", { title: "One" });
  });
  afterAll(() => stage.stop());

  it("redirects a former name by id, reads and writes alike", async () => {
    stage.forge.settings.rename("acme", "lib", "library");
    const moved = await fetch(`${stage.forge.url}/api/v3/repos/acme/lib/issues/1`, { redirect: "manual" });
    const { id } = stage.forge.inspect("acme", "library");
    expect([moved.status, moved.headers.get("location")]).toEqual([
      301,
      `${stage.forge.url}/api/v3/repositories/${id}/issues/1`,
    ]);
    const { data } = await stage.octokit.rest.issues.createComment({
      ...stage.repo,
      issue_number: 1,
      body: "still here",
    });
    expect(data.issue_url).toBe(`${stage.forge.url}/api/v3/repos/acme/library/issues/1`);
    expect((await stage.octokit.request("GET /repositories/{id}", { id })).data.full_name).toBe(
      "acme/library",
    );
    stage.forge.settings.rename("acme", "library", "lib");
  });

  it("refuses writes to an archived repository and still answers reads", async () => {
    stage.forge.settings.archive("acme", "lib");
    const write = stage.octokit.rest.issues.createComment({ ...stage.repo, issue_number: 1, body: "late" });
    expect(await refusalOf(write)).toEqual({
      status: 403,
      message: "Repository was archived so is read-only.",
    });
    expect((await stage.octokit.rest.issues.get({ ...stage.repo, issue_number: 1 })).status).toBe(200);
    stage.forge.settings.unarchive("acme", "lib");
  });

  it("answers 410 for a deleted issue and 404 for a deleted repository", async () => {
    stage.forge.settings.deleteIssue("acme", "lib", 1);
    expect(await refusalOf(stage.octokit.rest.issues.get({ ...stage.repo, issue_number: 1 }))).toEqual({
      status: 410,
      message: "This issue was deleted",
    });
    stage.forge.settings.remove("acme", "lib");
    expect(await refusalOf(stage.octokit.rest.repos.get({ ...stage.repo }))).toEqual(notFound);
  });

  it("tells the app of each change", async () => {
    await stage.forge.settled();
    expect(
      stage.events().filter((event) => event.startsWith("repository") || event === "issues.deleted"),
    ).toEqual([
      "repository.renamed",
      "repository.renamed",
      "repository.archived",
      "repository.unarchived",
      "issues.deleted",
      "repository.deleted",
    ]);
  });
});
