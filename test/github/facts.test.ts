import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fetchFailures } from "../../src/github/facts/failure-log.ts";
import { fetchFile, listDirectory } from "../../src/github/facts/file.ts";
import { fetchGateFacts } from "../../src/github/facts/gate.ts";
import { fetchIssue } from "../../src/github/facts/issue.ts";
import { failingPart, readTail } from "../../src/github/facts/log-text.ts";
import { fetchPull, findPulls } from "../../src/github/facts/pull.ts";
import { fetchHead, fetchPermission, fetchRepository, gitRemote } from "../../src/github/facts/repository.ts";
import type { GateFacts } from "../../src/run/gate-facts.ts";
import { API, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const SHA = "c".repeat(40);
const gone = { message: "Not Found" };
const link = { link: `<${API}/x?page=2>; rel="next", <${API}/x?page=2>; rel="last"` };

describe("the repository", () => {
  it("is found by its id, under the name that it has now, and used under that name from then on", async () => {
    const { repository } = newRepository();
    nock(API)
      .get("/repositories/77")
      .reply(200, {
        id: 77,
        name: "store",
        owner: { login: "acme-inc" },
        default_branch: "trunk",
        archived: true,
        private: false,
        html_url: "https://github.com/acme-inc/store",
      });
    expect(await fetchRepository(repository)).toEqual({
      id: 77,
      owner: "acme-inc",
      name: "store",
      defaultBranch: "trunk",
      archived: true,
      private: false,
      url: "https://github.com/acme-inc/store",
    });
    expect(await gitRemote(repository)).toEqual({
      url: "https://github.com/acme-inc/store.git",
      token: "ghs_test_token_2",
    });
  });

  it("and everything in it is null when it is gone", async () => {
    const { repository } = newRepository();
    nock(API).get("/repositories/77").reply(404, gone);
    nock(API).get(`${REPO}/issues/7`).reply(410, { message: "This issue was deleted" });
    nock(API).get(`${REPO}/pulls/12`).reply(404, gone);
    nock(API).get(`${REPO}/git/ref/heads%2Fmain`).reply(404, gone);
    nock(API).get(`${REPO}/contents/a`).query({ ref: SHA }).twice().reply(404, gone);
    expect([
      await fetchRepository(repository),
      await fetchIssue(repository, 7),
      await fetchPull(repository, 12),
      await fetchHead(repository, "main"),
      await fetchFile(repository, { sha: SHA, path: "a" }),
      await listDirectory(repository, { sha: SHA, path: "a" }),
    ]).toEqual([null, null, null, null, null, []]);
  });
});

describe("a permission", () => {
  it.each([
    [200, { permission: "admin" }, "admin"],
    [200, { permission: "write", role_name: "maintain" }, "write"],
    [200, { permission: "read", role_name: "triage" }, "read"],
    [200, { permission: "none" }, "none"],
    [404, gone, "none"],
  ])("is asked of GitHub (%i %j)", async (status, body, permission) => {
    const { repository } = newRepository();
    nock(API).get(`${REPO}/collaborators/alice/permission`).reply(status, body);
    expect(await fetchPermission(repository, "alice")).toBe(permission);
  });
});

describe("an issue", () => {
  it("is read with its labels and whether it is a pull request", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/issues/7`)
      .reply(200, {
        number: 7,
        state: "open",
        title: "Wrong sum",
        body: null,
        user: null,
        labels: ["a", { name: "agent-fix" }],
        locked: false,
        pull_request: {},
      });
    expect(await fetchIssue(repository, 7)).toEqual({
      number: 7,
      state: "open",
      title: "Wrong sum",
      body: "",
      author: "ghost",
      labels: ["a", "agent-fix"],
      locked: false,
      isPull: true,
    });
  });
});

describe("a file", () => {
  const onContent = (body: object) =>
    nock(API).get(`${REPO}/contents/src%2Fcart.js`).query({ ref: SHA }).reply(200, body);
  const file = { sha: SHA, path: "src/cart.js" };

  it("is read whole, up to its cap", async () => {
    const { repository } = newRepository();
    onContent({ type: "file", size: 5, sha: "b1", encoding: "base64", content: "aGVs\nbG8=\n" });
    expect(await fetchFile(repository, file)).toEqual({
      state: "read",
      bytes: Buffer.from("hello"),
      blob: "b1",
    });
    onContent({ type: "file", size: 300_000, sha: "b1", encoding: "base64", content: "" });
    expect(await fetchFile(repository, file)).toEqual({ state: "too_large", size: 300_000 });
  });

  it("above a megabyte is read as a blob", async () => {
    const { repository } = newRepository();
    onContent({ type: "file", size: 2_000_000, sha: "b2", encoding: "none", content: "" });
    nock(API).get(`${REPO}/git/blobs/b2`).reply(200, { content: "aGVsbG8=", encoding: "base64" });
    expect(await fetchFile(repository, { ...file, maxBytes: 3_000_000 })).toMatchObject({
      bytes: Buffer.from("hello"),
    });
  });

  it("is told from a folder, a link and a submodule", async () => {
    const { repository } = newRepository();
    for (const body of [
      [],
      { type: "symlink", size: 3, sha: "b", target: "/etc" },
      { type: "submodule", size: 0, sha: "b" },
    ]) {
      onContent(body);
      expect(await fetchFile(repository, file)).toEqual({ state: "not_a_file" });
    }
  });

  it("stands in the list of its folder", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/contents/.github%2Fworkflows`)
      .query({ ref: SHA })
      .reply(200, [
        { path: ".github/workflows/ci.yml", type: "file" },
        { path: ".github/workflows/old", type: "dir" },
        { path: ".github/workflows/x", type: "symlink" },
      ]);
    expect(await listDirectory(repository, { sha: SHA, path: ".github/workflows" })).toEqual([
      { path: ".github/workflows/ci.yml", type: "file" },
      { path: ".github/workflows/old", type: "directory" },
      { path: ".github/workflows/x", type: "other" },
    ]);
  });
});

describe("pull requests of a branch", () => {
  it("are listed newest first, closed and merged ones too, and no others", async () => {
    const { repository } = newRepository();
    const pull = (number: number, more: object = {}) => ({
      number,
      node_id: `PR_${number}`,
      html_url: `https://github.com/acme/shop/pull/${number}`,
      title: "t",
      body: null,
      state: "closed",
      merged_at: null,
      head: { ref: "agent/issue-7", sha: SHA, repo: { id: 77 } },
      base: { ref: "main" },
      user: { login: "fixpoint-acme[bot]" },
      ...more,
    });
    nock(API)
      .get(`${REPO}/pulls`)
      .query({ head: "acme:agent/issue-7", state: "all", page: 1, per_page: 100 })
      .reply(200, [
        pull(3),
        pull(5, { state: "open", draft: true }),
        pull(4, { merged_at: "2026-11-20T00:00:00Z" }),
        pull(6, { head: { ref: "other", sha: SHA, repo: null } }),
      ]);
    expect(
      (await findPulls(repository, "agent/issue-7")).map(({ number, state, draft }) => [
        number,
        state,
        draft,
      ]),
    ).toEqual([
      [5, "open", true],
      [4, "merged", false],
      [3, "closed", false],
    ]);
  });
});

describe("the gate's facts", () => {
  const apiRun = (id: number, more: object = {}) => ({
    id,
    name: `check ${id}`,
    status: "completed",
    conclusion: "success",
    html_url: `https://github.com/acme/shop/runs/${id}`,
    app: { id: 15368 },
    check_suite: { id: 1 },
    ...more,
  });

  it("are all pages of check runs, statuses and workflow runs of the SHA, with the required checks", async () => {
    const { repository } = newRepository();
    const page = (number: number) => ({ page: number, per_page: 100 });
    nock(API)
      .get(`${REPO}/commits/${SHA}/check-runs`)
      .query({ filter: "all", ...page(1) })
      .reply(
        200,
        { total_count: 101, check_runs: Array.from({ length: 100 }, (_, index) => apiRun(index + 1)) },
        link,
      )
      .get(`${REPO}/commits/${SHA}/check-runs`)
      .query({ filter: "all", ...page(2) })
      .reply(200, {
        total_count: 101,
        check_runs: [apiRun(101, { app: null, check_suite: null, status: "queued", conclusion: null })],
      });
    nock(API)
      .get(`${REPO}/commits/${SHA}/status`)
      .query(page(1))
      .reply(200, {
        state: "pending",
        statuses: [{ context: "ci/old", state: "pending", target_url: null }],
      });
    nock(API)
      .get(`${REPO}/actions/runs`)
      .query({ head_sha: SHA, ...page(1) })
      .reply(200, {
        total_count: 1,
        workflow_runs: [
          {
            id: 5,
            name: null,
            path: ".github/workflows/ci.yml",
            status: "completed",
            conclusion: "action_required",
            html_url: "u",
          },
        ],
      });
    nock(API)
      .get(`${REPO}/branches/main`)
      .reply(200, {
        name: "main",
        protection: { enabled: true, required_status_checks: { contexts: ["test", "lint"] } },
      });
    nock(API)
      .get(`${REPO}/rules/branches/main`)
      .query({ per_page: 100 })
      .reply(200, [
        { type: "deletion" },
        {
          type: "required_status_checks",
          parameters: { required_status_checks: [{ context: "test" }, { context: "build" }] },
        },
      ]);
    const facts = await fetchGateFacts(repository, SHA, "main");
    expect(facts.checkRuns).toHaveLength(101);
    expect({ ...facts, checkRuns: facts.checkRuns.slice(99) }).toEqual({
      sha: SHA,
      checkRuns: [
        {
          id: 100,
          appId: 15368,
          name: "check 100",
          status: "completed",
          conclusion: "success",
          url: "https://github.com/acme/shop/runs/100",
          suiteId: 1,
        },
        {
          id: 101,
          appId: 0,
          name: "check 101",
          status: "queued",
          conclusion: null,
          url: "https://github.com/acme/shop/runs/101",
          suiteId: null,
        },
      ],
      statuses: [{ context: "ci/old", state: "pending", url: null }],
      workflowRuns: [
        {
          id: 5,
          name: ".github/workflows/ci.yml",
          status: "completed",
          conclusion: "action_required",
          url: "u",
          attempt: 1,
        },
      ],
      required: ["build", "lint", "test"],
    });
  });

  it("require nothing where the rules cannot be read, and know no workflow runs where there are no Actions", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/commits/${SHA}/check-runs`)
      .query(true)
      .reply(200, { total_count: 0, check_runs: [] });
    nock(API).get(`${REPO}/commits/${SHA}/status`).query(true).reply(200, { state: "pending", statuses: [] });
    nock(API).get(`${REPO}/actions/runs`).query(true).reply(404, gone);
    nock(API).get(`${REPO}/branches/main`).reply(403, { message: "Resource not accessible by integration" });
    nock(API).get(`${REPO}/rules/branches/main`).query(true).reply(404, gone);
    expect(await fetchGateFacts(repository, SHA, "main")).toEqual({
      sha: SHA,
      checkRuns: [],
      statuses: [],
      workflowRuns: [],
      required: [],
    });
  });
});

describe("the logs of failing checks", () => {
  const facts: GateFacts = {
    sha: SHA,
    checkRuns: [
      {
        id: 31,
        appId: 15368,
        name: "test (20)",
        status: "completed",
        conclusion: "failure",
        url: null,
        suiteId: 1,
      },
      {
        id: 32,
        appId: 15368,
        name: "test (22)",
        status: "completed",
        conclusion: "success",
        url: null,
        suiteId: 1,
      },
      {
        id: 41,
        appId: 999,
        name: "Other CI",
        status: "completed",
        conclusion: "failure",
        url: null,
        suiteId: 2,
      },
      {
        id: 51,
        appId: 9,
        name: "Fixpoint",
        status: "completed",
        conclusion: "failure",
        url: null,
        suiteId: 3,
      },
    ],
    statuses: [
      { context: "ci/old", state: "failure", url: "https://ci.example/1" },
      { context: "ci/fine", state: "success", url: null },
    ],
    workflowRuns: [
      { id: 5, name: "CI", status: "completed", conclusion: "failure", url: "u", attempt: 1 },
      { id: 6, name: "Docs", status: "completed", conclusion: "success", url: "u", attempt: 1 },
    ],
    required: [],
  };
  const onJobs = () =>
    nock(API)
      .get(`${REPO}/actions/runs/5/jobs`)
      .query({ filter: "latest", page: 1, per_page: 100 })
      .reply(200, {
        total_count: 2,
        jobs: [
          {
            id: 31,
            name: "test (20)",
            conclusion: "failure",
            steps: [
              { name: "Run npm test", conclusion: "failure" },
              { name: "Checkout", conclusion: "success" },
            ],
          },
          { id: 32, name: "test (22)", conclusion: "success", steps: [] },
        ],
      });
  const onOtherCi = () => {
    nock(API)
      .get(`${REPO}/check-runs/41`)
      .reply(200, { id: 41, output: { title: "2 failures", summary: "sum is wrong", text: null } });
    nock(API)
      .get(`${REPO}/check-runs/41/annotations`)
      .query({ per_page: 50 })
      .reply(200, [{ path: "src/cart.js", start_line: 3, message: "expected 3" }]);
  };
  const told = (log: string) =>
    `Job "test (20)" of workflow "CI": failure, step "Run npm test"\n${log}\n\n` +
    `Check run "Other CI": failure\n2 failures\nsum is wrong\nsrc/cart.js:3: expected 3\n\n` +
    `Status "ci/old": failure (https://ci.example/1)`;

  it("come from the storage host, without our token, up to the error", async () => {
    const { repository } = newRepository();
    onJobs();
    onOtherCi();
    nock(API)
      .get(`${REPO}/actions/jobs/31/logs`)
      .reply(302, "", { location: "https://storage.example/log?signature=1" });
    nock("https://storage.example", { badheaders: ["authorization"] })
      .get("/log")
      .query({ signature: "1" })
      .reply(
        200,
        "2026-11-20T12:00:00.1234567Z ##[group]Run npm test\r\n" +
          "2026-11-20T12:00:01.1234567Z \u001b[31mnot ok 1\u001b[0m\r\n" +
          "2026-11-20T12:00:02.1234567Z ##[error]Process completed with exit code 1.\r\n" +
          "2026-11-20T12:00:03.1234567Z Post job cleanup.\r\n",
      );
    expect((await fetchFailures(repository, facts)).log).toBe(
      told("##[group]Run npm test\nnot ok 1\n##[error]Process completed with exit code 1."),
    );
  });

  it("may come from GitHub itself, or be gone", async () => {
    const { repository } = newRepository();
    onJobs();
    onOtherCi();
    nock(API).get(`${REPO}/actions/jobs/31/logs`).reply(200, "not ok 1\n", { "content-type": "text/plain" });
    expect((await fetchFailures(repository, facts)).log).toBe(told("not ok 1"));
    onJobs();
    onOtherCi();
    nock(API).get(`${REPO}/actions/jobs/31/logs`).reply(410, { message: "Gone" });
    expect((await fetchFailures(repository, facts)).log).toBe(told("(its log is gone)"));
    onJobs();
    onOtherCi();
    nock(API).get(`${REPO}/actions/jobs/31/logs`).reply(302, "", { location: "https://storage.example/log" });
    nock("https://storage.example").get("/log").replyWithError("connection reset");
    expect((await fetchFailures(repository, facts)).log).toBe(told("(its log is gone)"));
  });
});

describe("a log", () => {
  it("is read to its end, however long, and only the end is kept", async () => {
    const chunk = new TextEncoder().encode(`${"x".repeat(99_999)}\n`);
    let left = 40;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else {
          controller.enqueue(new TextEncoder().encode("the end"));
          controller.close();
        }
      },
    });
    const tail = await readTail(stream);
    expect([tail.length, tail.endsWith("x\nthe end")]).toEqual([512 * 1024, true]);
    expect(await readTail(null)).toBe("");
  });

  it("is cut from the front at a line", () => {
    expect(failingPart("one\ntwo\nthree\n##[error]x\nafter", 17)).toBe(
      "… (the beginning is left out)\nthree\n##[error]x",
    );
    expect(failingPart("short", 10)).toBe("short");
  });
});
