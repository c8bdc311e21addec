import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { editPull, openPull } from "../../src/github/pull-request.ts";
import { convertToDraft, markReady } from "../../src/github/pull-stage.ts";
import { API, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const SHA = "c".repeat(40);

function apiPull(more: object = {}): object {
  return {
    number: 12,
    node_id: "PR_12",
    html_url: "https://github.com/acme/shop/pull/12",
    title: "Fix the sum",
    body: "Why and how",
    state: "open",
    draft: true,
    merged_at: null,
    head: { ref: "agent/issue-7", sha: SHA },
    base: { ref: "main" },
    user: { login: "fixpoint-acme[bot]" },
    ...more,
  };
}

const opened = {
  number: 12,
  nodeId: "PR_12",
  url: "https://github.com/acme/shop/pull/12",
  headSha: SHA,
  as: "draft",
  state: "open",
};

const onList = (pulls: object[]) =>
  nock(API)
    .get(`${REPO}/pulls`)
    .query({ head: "acme:agent/issue-7", state: "all", page: 1, per_page: 100 })
    .reply(200, pulls);
const onPull = (more: object = {}) => nock(API).get(`${REPO}/pulls/12`).reply(200, apiPull(more));
const pending = () =>
  nock.pendingMocks().filter((mock) => mock.includes("/pulls") || mock.includes("/graphql"));

describe("openPull", () => {
  const wish = {
    opKey: "pull",
    branch: "agent/issue-7",
    base: "main",
    title: "Fix the sum",
    body: "Why and how",
  };

  it("opens a draft when the branch has no pull request", async () => {
    const { repository } = newRepository();
    onList([]);
    nock(API)
      .post(`${REPO}/pulls`, {
        head: "agent/issue-7",
        base: "main",
        title: "Fix the sum",
        body: "Why and how",
        draft: true,
        maintainer_can_modify: false,
      })
      .reply(201, apiPull());
    expect(await openPull(repository, newRecord().record, wish)).toEqual(opened);
  });

  it("adopts an open one, and tells a closed or merged one from it", async () => {
    const { repository } = newRepository();
    onList([
      apiPull({ number: 11, state: "closed" }),
      apiPull(),
      apiPull({ base: { ref: "other" }, number: 13 }),
    ]);
    expect(await openPull(repository, newRecord().record, wish)).toEqual(opened);
    onList([apiPull({ state: "closed", merged_at: "2026-11-20T11:59:00Z" })]);
    expect(await openPull(repository, newRecord().record, wish)).toEqual({ ...opened, state: "merged" });
    onList([apiPull({ state: "closed" })]);
    expect(await openPull(repository, newRecord().record, wish)).toEqual({ ...opened, state: "closed" });
  });

  it("adopts the one that GitHub opened and answered with 502, or that was opened in between", async () => {
    for (const answer of [
      { status: 502, body: "<html>" },
      {
        status: 422,
        body: {
          message: "Validation Failed",
          errors: [{ message: "A pull request already exists for acme:agent/issue-7." }],
        },
      },
    ]) {
      const { repository } = newRepository();
      onList([]);
      nock(API).post(`${REPO}/pulls`).reply(answer.status, answer.body);
      onList([apiPull()]);
      const { record, journal } = newRecord();
      expect(await openPull(repository, record, wish)).toEqual(opened);
      expect(journal).toEqual(["intended pull.open", "adopted pull.open"]);
      nock.cleanAll();
    }
  });

  it("says [draft] in the title where the repository has no drafts", async () => {
    const { repository } = newRepository();
    onList([]);
    nock(API)
      .post(`${REPO}/pulls`, (body: { draft: boolean }) => body.draft)
      .reply(422, {
        message: "Validation Failed",
        errors: [{ message: "Draft pull requests are not supported in this repository." }],
      });
    nock(API)
      .post(
        `${REPO}/pulls`,
        (body: { draft: boolean; title: string }) => !body.draft && body.title === "[draft] Fix the sum",
      )
      .reply(201, apiPull({ draft: false, title: "[draft] Fix the sum" }));
    expect(await openPull(repository, newRecord().record, wish)).toEqual({ ...opened, as: "titled_draft" });
  });

  it("asks a person when there is nothing between the branches", async () => {
    const { repository } = newRepository();
    onList([]);
    nock(API)
      .post(`${REPO}/pulls`)
      .reply(422, {
        message: "Validation Failed",
        errors: [{ message: "No commits between main and agent/issue-7" }],
      });
    await expect(openPull(repository, newRecord().record, wish)).rejects.toThrow(/No commits between main/);
  });
});

describe("editPull", () => {
  it("sends title and body only when they differ", async () => {
    const { repository } = newRepository();
    onPull();
    await editPull(repository, newRecord().record, {
      opKey: "e1",
      number: 12,
      title: "Fix the sum",
      body: "Why and how\n",
    });
    expect(pending()).toEqual([]);

    onPull().get(`${REPO}/pulls/12`).reply(200, apiPull());
    nock(API)
      .patch(`${REPO}/pulls/12`, { title: "Fix the sum", body: "Now with proof" })
      .reply(200, apiPull());
    expect(
      await editPull(repository, newRecord().record, { opKey: "e2", number: 12, body: "Now with proof" }),
    ).toEqual({
      number: 12,
      edited: true,
    });
    expect(pending()).toEqual([]);
  });
});

describe("the stage of a pull request", () => {
  const wish = { opKey: "stage", number: 12 };

  it("becomes ready by GraphQL, and is left alone when it is ready", async () => {
    const { repository } = newRepository();
    onPull();
    onPull();
    nock(API)
      .post("/graphql", (body: { query: string; variables: object }) => {
        return (
          body.query.includes("markPullRequestReadyForReview") &&
          JSON.stringify(body.variables) === '{"id":"PR_12"}'
        );
      })
      .reply(200, { data: {} });
    expect(await markReady(repository, newRecord().record, wish)).toEqual({ number: 12, stage: "ready" });
    expect(pending()).toEqual([]);
    onPull({ draft: false });
    expect(await markReady(repository, newRecord().record, wish)).toEqual({ number: 12, stage: "ready" });
  });

  it("is looked up when GraphQL's answer is lost", async () => {
    const { repository } = newRepository();
    onPull();
    onPull();
    nock(API).post("/graphql").reply(502);
    onPull({ draft: false });
    const { record, journal } = newRecord();
    expect(await markReady(repository, record, wish)).toEqual({ number: 12, stage: "ready" });
    expect(journal).toEqual(["intended pull.mark_ready", "adopted pull.mark_ready"]);
  });

  it("goes back to draft", async () => {
    const { repository } = newRepository();
    onPull({ draft: false });
    onPull({ draft: false });
    nock(API)
      .post("/graphql", (body: { query: string }) => body.query.includes("convertPullRequestToDraft"))
      .reply(200, { data: {} });
    expect(await convertToDraft(repository, newRecord().record, wish)).toEqual({
      number: 12,
      stage: "draft",
    });
  });

  it("is said by the title where the repository has no drafts", async () => {
    const { repository } = newRepository();
    const titled = { draft: false, title: "[draft] Fix the sum" };
    onPull(titled);
    onPull(titled);
    nock(API).patch(`${REPO}/pulls/12`, { title: "Fix the sum" }).reply(200, apiPull());
    expect(await markReady(repository, newRecord().record, wish)).toEqual({ number: 12, stage: "ready" });

    onPull({ draft: false });
    onPull({ draft: false });
    nock(API)
      .post("/graphql")
      .reply(200, {
        data: null,
        errors: [{ type: "UNPROCESSABLE", message: "Draft pull requests are not supported." }],
      });
    nock(API).patch(`${REPO}/pulls/12`, { title: "[draft] Fix the sum" }).reply(200, apiPull());
    expect(await convertToDraft(repository, newRecord().record, wish)).toEqual({
      number: 12,
      stage: "draft",
    });
    expect(pending()).toEqual([]);
  });
});
