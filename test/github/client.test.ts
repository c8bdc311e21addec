import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AskPerson, LeaseLost, TryLater } from "../../src/errors.ts";
import { addressesOf } from "../../src/github/addresses.ts";
import { API, NOW, newGithub, newRepository, REPO, ref } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const ISSUE = `${REPO}/issues/7`;
const readIssue = (repository: ReturnType<typeof newRepository>["repository"]) =>
  repository.octokit.rest.issues.get({ ...repository.at(), issue_number: 7 });
const comment = (repository: ReturnType<typeof newRepository>["repository"], body: string) =>
  repository.octokit.rest.issues.createComment({ ...repository.at(), issue_number: 7, body });

describe("the token", () => {
  it("is asked for once, for the one repository and with the fewest permissions", async () => {
    const { repository, tokens } = newRepository();
    nock(API)
      .get(ISSUE)
      .twice()
      .matchHeader("authorization", "token ghs_test_token_1")
      .reply(200, { number: 7 });
    await readIssue(repository);
    await readIssue(repository);
    expect(tokens).toEqual([
      {
        repository_ids: [77],
        permissions: {
          actions: "write",
          checks: "write",
          contents: "write",
          issues: "write",
          metadata: "read",
          pull_requests: "write",
          statuses: "read",
        },
      },
    ]);
  });

  it("for git can read contents and nothing else", async () => {
    const { repository, tokens } = newRepository();
    expect(await repository.token("git")).toBe("ghs_test_token_1");
    expect(tokens).toEqual([{ repository_ids: [77], permissions: { contents: "read", metadata: "read" } }]);
  });

  it("is minted anew shortly before it ends", async () => {
    let at = NOW;
    const { repository, tokens } = newRepository({ now: () => at });
    await repository.token("git");
    at = NOW + 54 * 60_000;
    await repository.token("git");
    expect(tokens).toHaveLength(1);
    at = NOW + 56 * 60_000;
    await repository.token("git");
    expect(tokens).toHaveLength(2);
  });

  it("is minted anew once after 401, for a write as well, which is then done once", async () => {
    const { repository, tokens } = newRepository();
    const bodies: object[] = [];
    nock(API)
      .post(`${ISSUE}/comments`)
      .matchHeader("authorization", "token ghs_test_token_1")
      .reply(401, { message: "Bad credentials" });
    nock(API)
      .post(`${ISSUE}/comments`, (body: object) => bodies.push(body) > 0)
      .matchHeader("authorization", "token ghs_test_token_2")
      .reply(201, { id: 1 });
    expect((await comment(repository, "hello")).data.id).toBe(1);
    expect([tokens.length, bodies]).toEqual([2, [{ body: "hello" }]]);
  });

  it("asks a person when a fresh one is refused too", async () => {
    const { repository } = newRepository();
    nock(API).get(ISSUE).twice().reply(401, { message: "Bad credentials" });
    await expect(readIssue(repository)).rejects.toThrow(/does not accept the App's credentials/);
  });

  it("asks a person when the installation is gone, suspended, or lacks a permission or the repository", async () => {
    const said: string[] = [];
    const refusals = [
      { status: 404, message: "Not Found" },
      { status: 403, message: "This installation has been suspended" },
      {
        status: 422,
        message: "The permissions requested are not granted to this installation.",
        granted: { metadata: "read" },
      },
      {
        status: 422,
        message: "There is at least one repository that does not exist.",
        granted: { metadata: "read", contents: "write" },
      },
    ];
    for (const { status, message, granted } of refusals) {
      nock.cleanAll();
      const { github } = newGithub();
      nock(API).post("/app/installations/5/access_tokens").reply(status, { message });
      nock(API).get("/app/installations/5").reply(200, { id: 5, permissions: granted });
      const error: unknown = await github
        .repository(ref)
        .token("git")
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AskPerson);
      said.push(`${(error as AskPerson).reason}: ${(error as AskPerson).question.slice(0, 75)}`);
    }
    expect(said).toEqual([
      "permission: The App is not installed for acme/shop any more. Install it again and comme",
      "permission: The App's installation is suspended. Unsuspend it at https://github.com/set",
      'permission: The App\'s installation has not granted "contents: read". Accept the permiss',
      "permission: The App's installation does not include acme/shop. Add the repository at ht",
    ]);
  });
});

describe("a token of which a part is not granted", () => {
  it("is minted with the rest, so that people can be told; who wants all of it is told what is missing", async () => {
    const { github } = newGithub();
    const repository = github.repository(ref);
    const granted = { issues: "write", metadata: "read" };
    const asked: unknown[] = [];
    nock(API).persist().get("/app/installations/5").reply(200, { id: 5, permissions: granted });
    nock(API)
      .persist()
      .post("/app/installations/5/access_tokens")
      .reply((_, body) => {
        const { permissions } = body as { permissions: Record<string, string> };
        asked.push(permissions);
        if ("checks" in permissions)
          return [422, { message: "The permissions requested are not granted to this installation." }];
        return [201, { token: "ghs_a_part", expires_at: new Date(NOW + 3_600_000).toISOString() }];
      });
    nock(API).get(ISSUE).twice().matchHeader("authorization", "token ghs_a_part").reply(200, { number: 7 });
    await readIssue(repository);
    await readIssue(repository);
    expect(asked).toEqual([expect.objectContaining({ checks: "write" }), granted]);
    await expect(repository.token("work")).rejects.toThrow(
      'has not granted "actions: write", "checks: write", "contents: write", "pull_requests: write", "statuses: read".',
    );
  });
});

describe("a read", () => {
  it("is tried three times with a growing pause, then put off", async () => {
    const { repository, slept } = newRepository();
    nock(API)
      .get(ISSUE)
      .reply(502)
      .get(ISSUE)
      .replyWithError("socket hang up")
      .get(ISSUE)
      .reply(200, { number: 7 });
    expect((await readIssue(repository)).data.number).toBe(7);
    expect(slept).toEqual([300, 1_200]);

    nock(API).get(ISSUE).times(3).reply(503);
    await expect(readIssue(repository)).rejects.toBeInstanceOf(TryLater);
    expect(nock.pendingMocks().filter((mock) => mock.includes("issues"))).toEqual([]);
  });

  it("takes HTML, an empty body and a cut JSON for no answer", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(ISSUE)
      .reply(200, "<html>Unicorn!</html>", { "content-type": "text/html" })
      .get(ISSUE)
      .reply(200, "", { "content-type": "application/json" })
      .get(ISSUE)
      .reply(200, '{"number": 7, "ti', { "content-type": "application/json" });
    await expect(readIssue(repository)).rejects.toThrow(
      "GitHub does not answer GET /repos/{owner}/{repo}/issues/{issue_number}",
    );
  });

  it("is given up after the time-out", async () => {
    const { repository } = newRepository({ timeoutMs: 20 });
    nock(API).get(ISSUE).times(3).delay(2_000).reply(200, { number: 7 });
    await expect(readIssue(repository)).rejects.toBeInstanceOf(TryLater);
    nock.abortPendingRequests();
  });

  it("throws 404 as it is, at once", async () => {
    const { repository, slept } = newRepository();
    nock(API).get(ISSUE).reply(404, { message: "Not Found" });
    await expect(readIssue(repository)).rejects.toMatchObject({ status: 404 });
    expect(slept).toEqual([]);
  });

  it("is not sent when its worker lost the run while a token was minted for it", async () => {
    const { github } = newGithub();
    let held: "ours" | "lost" = "ours";
    const mayWrite = () => {
      if (held === "lost") throw new LeaseLost("The lease ran out.");
    };
    const repository = github.repository(ref, "work", mayWrite);
    nock(API)
      .post("/app/installations/5/access_tokens")
      .reply(201, () => {
        held = "lost";
        return { token: "ghs_late", expires_at: "2026-11-20T13:00:00Z" };
      });
    const sent = nock(API).post(`${ISSUE}/comments`).reply(201, { id: 1 });
    await expect(comment(repository, "hello")).rejects.toThrow(LeaseLost);
    expect(sent.isDone()).toBe(false);
    nock(API).get(ISSUE).reply(200, { number: 7 });
    expect((await readIssue(repository)).data.number).toBe(7);
  });
});

describe("a write", () => {
  it("is called once, whatever happens", async () => {
    const { repository, slept } = newRepository();
    nock(API).post(`${ISSUE}/comments`).reply(502, { message: "Server Error" });
    await expect(comment(repository, "hello")).rejects.toMatchObject({ status: 502 });
    nock(API).post(`${ISSUE}/comments`).replyWithError("socket hang up");
    await expect(comment(repository, "hello")).rejects.toMatchObject({ status: 500 });
    expect(slept).toEqual([]);
  });

  it("carries no secret, in whatever field it stands", async () => {
    const { repository } = newRepository({ secrets: ["the-key-of-the-model"] });
    await repository.token("work");
    const bodies: object[] = [];
    nock(API)
      .post(`${REPO}/check-runs`, (body: object) => bodies.push(body) > 0)
      .reply(201, { id: 1 });
    await repository.octokit.rest.checks.create({
      ...repository.at(),
      name: "Fixpoint",
      head_sha: "a".repeat(40),
      output: {
        title: "the-key-of-the-model",
        summary: Buffer.from("user:ghs_test_token_1").toString("base64"),
        annotations: [
          {
            path: "a",
            start_line: 1,
            end_line: 1,
            annotation_level: "notice",
            message: "AKIAIOSFODNN7EXAMPLE",
          },
        ],
      },
    });
    expect(bodies).toEqual([
      {
        name: "Fixpoint",
        head_sha: "a".repeat(40),
        output: {
          title: "[redacted: secret]",
          summary: expect.stringMatching(/^dXNlcj.?.?\[redacted: secret\]/),
          annotations: [
            {
              path: "a",
              start_line: 1,
              end_line: 1,
              annotation_level: "notice",
              message: "[redacted: AWS key]",
            },
          ],
        },
      },
    ]);
  });

  it("of a file with one of our own secrets is refused before it leaves", async () => {
    const { repository } = newRepository({ secrets: ["the-key-of-the-model"] });
    const blob = repository.octokit.rest.git.createBlob({
      ...repository.at(),
      content: Buffer.from("key = the-key-of-the-model").toString("base64"),
      encoding: "base64",
    });
    await expect(blob).rejects.toThrow(/carries a secret of this installation/);
  });
});

describe("a rate limit", () => {
  const cases = [
    { title: "with retry-after", status: 403, headers: { "retry-after": "17" }, waits: 17_000 },
    {
      title: "until the reset",
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 240) },
      waits: 240_000,
    },
    { title: "that only says so in words", status: 403, headers: {}, waits: 60_000 },
    { title: "as 429", status: 429, headers: {}, waits: 60_000 },
    {
      title: "of absurd length, cut to an hour",
      status: 429,
      headers: { "retry-after": "999999" },
      waits: 3_600_000,
    },
  ];
  it.each(cases)(
    "$title puts the run off and is not slept through, for reads and writes",
    async ({ status, headers, waits }) => {
      const { repository, slept } = newRepository();
      const message = "You have exceeded a secondary rate limit.";
      nock(API)
        .get(ISSUE)
        .reply(status, { message }, headers)
        .post(`${ISSUE}/comments`)
        .reply(status, { message }, headers);
      const afterMs = (error: unknown) => (error instanceof TryLater ? error.afterMs : error);
      expect(await readIssue(repository).catch(afterMs)).toBe(waits);
      expect(await comment(repository, "hello").catch(afterMs)).toBe(waits);
      expect(slept).toEqual([]);
    },
  );
});

describe("a missing permission", () => {
  it("is asked for by the name that GitHub gives it", async () => {
    const { repository } = newRepository();
    nock(API)
      .post(`${ISSUE}/comments`)
      .reply(
        403,
        { message: "Resource not accessible by integration" },
        { "x-accepted-github-permissions": "issues=write; pull_requests=write" },
      );
    await expect(comment(repository, "hello")).rejects.toThrow(
      new AskPerson(
        "permission",
        'The App lacks the permission "Issues: write" or "Pull requests: write" in acme/shop. Grant it in the App\'s settings under "Permissions & events", accept the change at https://github.com/settings/installations/5, then comment `/agent retry`. (GitHub said: Resource not accessible by integration)',
      ),
    );
  });

  it("is guessed from the route where GitHub does not name it", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/commits/abc/check-runs`)
      .reply(403, { message: "Resource not accessible by integration" });
    await expect(
      repository.octokit.rest.checks.listForRef({ ...repository.at(), ref: "abc" }),
    ).rejects.toThrow('"Checks: read"');
  });

  it("is no permission at all when the repository is archived", async () => {
    const { repository } = newRepository();
    nock(API).post(`${ISSUE}/comments`).reply(403, { message: "Repository was archived so is read-only." });
    await expect(comment(repository, "hello")).rejects.toMatchObject({ status: 403 });
  });

  it("is seen in GraphQL's answers too", async () => {
    const { repository } = newRepository();
    nock(API)
      .post("/graphql")
      .reply(200, {
        data: null,
        errors: [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }],
      });
    await expect(repository.octokit.graphql("mutation { x }")).rejects.toThrow('"Pull requests: write"');
  });
});

describe("a repository that was renamed", () => {
  it.each([301, 307])("is followed by its id, for reads and writes alike (%i)", async (status) => {
    const { repository } = newRepository();
    const location = { location: `${API}/repositories/77/issues/7` };
    nock(API).get(ISSUE).reply(status, { message: "Moved Permanently" }, location);
    nock(API)
      .get("/repositories/77")
      .reply(200, { id: 77, name: "store", owner: { login: "acme-inc" } });
    nock(API).get("/repos/acme-inc/store/issues/7").reply(200, { number: 7 });
    expect((await readIssue(repository)).data.number).toBe(7);

    nock(API).post("/repos/acme-inc/store/issues/7/comments").reply(201, { id: 3 });
    expect((await comment(repository, "hello")).data.id).toBe(3);
    expect(repository.at()).toEqual({ owner: "acme-inc", repo: "store" });
  });
});

describe("the addresses", () => {
  it.each([
    ["https://api.github.com", "https://api.github.com", "https://github.com/acme/shop.git"],
    ["https://api.github.com/", "https://api.github.com", "https://github.com/acme/shop.git"],
    ["https://api.acme.ghe.com", "https://api.acme.ghe.com", "https://acme.ghe.com/acme/shop.git"],
    ["https://git.acme.org/api/v3", "https://git.acme.org/api/v3", "https://git.acme.org/acme/shop.git"],
    ["http://127.0.0.1:4010/api/v3/", "http://127.0.0.1:4010/api/v3", "http://127.0.0.1:4010/acme/shop.git"],
  ])("of %s are one API and one git host", (given, api, git) => {
    const addresses = addressesOf(given);
    expect([addresses.api, addresses.gitUrl("acme", "shop")]).toEqual([api, git]);
  });

  it("of GitHub Enterprise Server carry REST and GraphQL", async () => {
    const host = "https://git.acme.org";
    const { github } = newGithub({ apiUrl: `${host}/api/v3` });
    nock(host)
      .post("/api/v3/app/installations/5/access_tokens")
      .reply(201, { token: "ghs_x", expires_at: "2026-11-20T13:00:00Z" });
    nock(host).get("/api/v3/repos/acme/shop/issues/7").reply(200, { number: 7 });
    nock(host)
      .post("/api/graphql")
      .reply(200, { data: { ok: true } });
    const repository = github.repository(ref);
    expect((await readIssue(repository)).data.number).toBe(7);
    expect(await repository.octokit.graphql("mutation { ok }")).toEqual({ ok: true });
  });
});
