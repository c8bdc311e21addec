import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addLabels, ensureLabel } from "../../src/github/label.ts";
import { addEyes } from "../../src/github/reaction.ts";
import { addReviewersAndLabels } from "../../src/github/reviewers.ts";
import { API, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const pending = () => nock.pendingMocks().filter((mock) => mock.includes("/repos/"));

describe("ensureLabel", () => {
  const wish = { opKey: "label", name: "agent-fix", color: "5319e7", description: "d".repeat(120) };

  it("makes the label when it is missing, and leaves one that is there as it is", async () => {
    const { repository } = newRepository();
    nock(API).get(`${REPO}/labels/agent-fix`).reply(404, { message: "Not Found" });
    nock(API)
      .post(`${REPO}/labels`, { name: "agent-fix", color: "5319e7", description: "d".repeat(100) })
      .reply(201, { name: "agent-fix" });
    expect(await ensureLabel(repository, newRecord().record, wish)).toEqual({ label: "agent-fix" });
    nock(API).get(`${REPO}/labels/agent-fix`).reply(200, { name: "Agent-Fix" });
    expect(await ensureLabel(repository, newRecord().record, wish)).toEqual({ label: "Agent-Fix" });
    expect(pending()).toEqual([]);
  });

  it("adopts the one that somebody made in between", async () => {
    const { repository } = newRepository();
    nock(API).get(`${REPO}/labels/agent-fix`).reply(404, { message: "Not Found" });
    nock(API)
      .post(`${REPO}/labels`)
      .reply(422, {
        message: "Validation Failed",
        errors: [{ resource: "Label", code: "already_exists", field: "name" }],
      });
    nock(API).get(`${REPO}/labels/agent-fix`).reply(200, { name: "agent-fix" });
    const { record, journal } = newRecord();
    expect(await ensureLabel(repository, record, wish)).toEqual({ label: "agent-fix" });
    expect(journal).toEqual(["intended label.create", "adopted label.create"]);
  });
});

describe("addLabels", () => {
  it("adds what is missing, whatever the case of the letters", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/issues/12/labels`)
      .query(true)
      .reply(200, [{ name: "Bug" }]);
    await addLabels(repository, newRecord().record, { opKey: "l", number: 12, labels: ["bug"] });
    nock(API)
      .get(`${REPO}/issues/12/labels`)
      .query(true)
      .reply(200, [{ name: "Bug" }]);
    nock(API)
      .post(`${REPO}/issues/12/labels`, { labels: ["bug", "agent"] })
      .reply(200, []);
    await addLabels(repository, newRecord().record, { opKey: "l", number: 12, labels: ["bug", "agent"] });
    expect(pending()).toEqual([]);
  });
});

describe("addReviewersAndLabels", () => {
  it("asks people and teams once, and each alone when GitHub refuses them together", async () => {
    const { repository } = newRepository();
    const { record, receipts } = newRecord();
    nock(API).get(`${REPO}/pulls/12/requested_reviewers`).reply(200, { users: [], teams: [] });
    nock(API)
      .post(`${REPO}/pulls/12/requested_reviewers`, {
        reviewers: ["alice", "left"],
        team_reviewers: ["core"],
      })
      .reply(422, { message: "Reviews may only be requested from collaborators." });
    nock(API)
      .post(`${REPO}/pulls/12/requested_reviewers`, { reviewers: ["alice"], team_reviewers: [] })
      .reply(201, {});
    nock(API)
      .post(`${REPO}/pulls/12/requested_reviewers`, { reviewers: ["left"], team_reviewers: [] })
      .reply(422, { message: "Reviews may only be requested from collaborators." });
    nock(API)
      .post(`${REPO}/pulls/12/requested_reviewers`, { reviewers: [], team_reviewers: ["core"] })
      .reply(201, {});
    const wish = { number: 12, reviewers: ["alice", "left", "acme/core"], labels: [] };
    await addReviewersAndLabels(repository, record, wish);
    await addReviewersAndLabels(repository, record, wish);
    expect(Object.fromEntries(receipts)).toEqual({
      "pull:12:reviewers": { number: 12, asked: "alice, acme/core", refused: "left" },
    });
    expect(pending()).toEqual([]);
  });

  it("calls nobody where nothing is configured", async () => {
    const { repository } = newRepository();
    const { record, journal } = newRecord();
    await addReviewersAndLabels(repository, record, { number: 12, reviewers: [], labels: [] });
    expect(journal).toEqual([]);
  });
});

describe("addEyes", () => {
  it("is put on the issue, the comment or the review comment that asked", async () => {
    const { repository } = newRepository();
    for (const [path, on] of [
      ["issues/7", { kind: "issue", number: 7 }],
      ["issues/comments/8", { kind: "comment", commentId: 8 }],
      ["pulls/comments/9", { kind: "review_comment", commentId: 9 }],
    ] as const) {
      nock(API).post(`${REPO}/${path}/reactions`, { content: "eyes" }).reply(200, { id: 1 });
      expect(await addEyes(repository, newRecord().record, { opKey: "eyes", on })).toEqual({ reactionId: 1 });
    }
  });

  it("is put again when the answer was lost, which changes nothing more", async () => {
    const { repository } = newRepository();
    nock(API)
      .post(`${REPO}/issues/7/reactions`)
      .reply(502)
      .post(`${REPO}/issues/7/reactions`)
      .reply(200, { id: 1 });
    const on = { kind: "issue", number: 7 } as const;
    expect(await addEyes(repository, newRecord().record, { opKey: "eyes", on })).toEqual({ reactionId: 1 });
  });
});
