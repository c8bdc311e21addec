import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandGithub } from "../../src/commands/command-github.ts";
import { TryLater } from "../../src/errors.ts";
import { createCommandGithub } from "../../src/github/command-github.ts";
import { API, apiComment, NOW, newGithub, newRecord, REPO, ref } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const COMMENTS = `${REPO}/issues/7/comments`;

function newPort() {
  const { github } = newGithub();
  const tokens: object[] = [];
  nock(API)
    .persist()
    .post("/app/installations/5/access_tokens", (body: object) => tokens.push(body) > 0)
    .reply(201, { token: "ghs_x", expires_at: "2026-11-20T13:00:00Z" });
  nock(API).persist().get("/app").reply(200, { id: 9, slug: "fixpoint-acme" });
  const records = new Map<string, ReturnType<typeof newRecord>>();
  const held = new Set<string>();
  const port: CommandGithub = createCommandGithub(
    github,
    {
      open(scope) {
        const kept = records.get(scope) ?? newRecord();
        records.set(scope, kept);
        return Promise.resolve(kept.record);
      },
      async hold(scope) {
        if (held.has(scope)) return null;
        held.add(scope);
        return { check: () => {}, release: async () => void held.delete(scope) };
      },
    },
    () => NOW,
  );
  return { port, tokens, records };
}

/** A conversation of one issue; what was posted there. */
function takeComments(): readonly string[] {
  const thread: object[] = [];
  const posted: string[] = [];
  nock(API)
    .persist()
    .get(COMMENTS)
    .query({ since: "2026-10-21T12:00:00.000Z", page: 1, per_page: 100 })
    .reply(200, () => thread);
  nock(API)
    .persist()
    .post(COMMENTS)
    .reply((_uri, request) => {
      const { body } = request as { body: string };
      posted.push(body);
      thread.push(apiComment(thread.length + 1, body));
      return [201, thread.at(-1)];
    });
  return posted;
}

describe("what commands need of GitHub", () => {
  it("is done with a token that cannot touch code", async () => {
    const { port, tokens } = newPort();
    nock(API).get(`${REPO}/collaborators/alice/permission`).reply(200, { permission: "write" });
    expect(await port.permissionOf(ref, "alice")).toBe("write");
    expect(tokens[0]).toEqual({
      repository_ids: [77],
      permissions: { issues: "write", metadata: "read", pull_requests: "write" },
    });
    expect(await port.botLogin()).toBe("fixpoint-acme[bot]");
  });

  it("tells the branch of a pull request of this repository, and of no fork", async () => {
    const { port } = newPort();
    const pull = (repo: object | null) => ({
      number: 12,
      merged_at: null,
      head: { ref: "agent/issue-7", sha: "c", repo },
      base: { ref: "main" },
    });
    nock(API)
      .get(`${REPO}/pulls/12`)
      .reply(200, pull({ id: 77 }));
    nock(API)
      .get(`${REPO}/pulls/12`)
      .reply(200, pull({ id: 78 }));
    nock(API).get(`${REPO}/pulls/12`).reply(200, pull(null));
    nock(API).get(`${REPO}/pulls/12`).reply(404, { message: "Not Found" });
    const branches = [];
    for (let time = 0; time < 4; time++) branches.push(await port.branchOfPull(ref, 12));
    expect(branches).toEqual(["agent/issue-7", null, null, null]);
  });

  it("answers exactly once for each key, even when the record is lost", async () => {
    const { port, records } = newPort();
    const posted = takeComments();
    await port.answer(ref, 7, "command-900", "Here is help");
    await port.answer(ref, 7, "command-900", "Here is help");
    records.clear();
    await port.answer(ref, 7, "command-900", "Here is help");
    await port.answer(ref, 7, "command-901", "Here is more");
    expect(posted.map((body) => body.split("\n")[0])).toEqual(["Here is help", "Here is more"]);
  });

  it("answers one at a time in a conversation: whoever comes meanwhile comes back, and finds the answer there", async () => {
    const { port } = newPort();
    const posted = takeComments();
    const first = port.answer(ref, 7, "start-refused-3", "Not you");
    await expect(port.answer(ref, 7, "start-refused-3", "Not you")).rejects.toThrow(TryLater);
    await first;
    await port.answer(ref, 7, "start-refused-3", "Not you");
    expect(posted).toHaveLength(1);
  });

  it("shows that a comment was read, and makes the label", async () => {
    const { port } = newPort();
    nock(API).post(`${REPO}/issues/comments/900/reactions`, { content: "eyes" }).reply(201, { id: 1 });
    await port.react(ref, 900, "conversation");
    nock(API).post(`${REPO}/pulls/comments/900/reactions`, { content: "eyes" }).reply(201, { id: 2 });
    await port.react(ref, 900, "review_thread");
    nock(API).get(`${REPO}/labels/agent-fix`).reply(404, { message: "Not Found" });
    nock(API).post(`${REPO}/labels`).reply(201, { name: "agent-fix" });
    await port.ensureLabel(ref, "agent-fix");
    expect(nock.pendingMocks().filter((mock) => mock.includes("/repos/"))).toEqual([]);
  });
});
