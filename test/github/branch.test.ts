import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBranch, moveBranch } from "../../src/github/branch.ts";
import { API, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const OLD = "a".repeat(40);
const NEW = "b".repeat(40);
const FOREIGN = "f".repeat(40);
const branch = "agent/issue-7";
const GET_REF = `${REPO}/git/ref/heads%2Fagent%2Fissue-7`;
const PATCH_REF = `${REPO}/git/refs/heads%2Fagent%2Fissue-7`;

const onHead = (sha: string | null) =>
  nock(API)
    .get(GET_REF)
    .reply(sha ? 200 : 404, sha ? { object: { sha } } : { message: "Not Found" });
const pending = () => nock.pendingMocks().filter((mock) => mock.includes("/git/"));

describe("createBranch", () => {
  const wish = { opKey: "branch", branch, sha: NEW, ours: [OLD] };

  it("makes a ref", async () => {
    const { repository } = newRepository();
    onHead(null);
    nock(API)
      .post(`${REPO}/git/refs`, { ref: `refs/heads/${branch}`, sha: NEW })
      .reply(201, { object: { sha: NEW } });
    expect(await createBranch(repository, newRecord().record, wish)).toEqual({ branch, sha: NEW });
  });

  it.each([
    ["the wished commit", NEW],
    ["an older commit of this run", OLD],
  ])("adopts a branch that exists at %s", async (_title, sha) => {
    const { repository, slept } = newRepository();
    onHead(null);
    nock(API).post(`${REPO}/git/refs`).reply(422, { message: "Reference already exists" });
    onHead(sha);
    expect(await createBranch(repository, newRecord().record, wish)).toEqual({ branch, sha });
    expect(slept).toEqual([]);
  });

  it("asks a person when the branch belongs to somebody else, and touches nothing", async () => {
    const { repository } = newRepository();
    onHead(FOREIGN);
    await expect(createBranch(repository, newRecord().record, wish)).rejects.toMatchObject({
      reason: "conflict",
      question: expect.stringContaining("stands at fffffff, which is no commit of this run"),
    });
  });

  it("asks a person when a branch named like the folder is in the way", async () => {
    const { repository } = newRepository();
    onHead(null);
    nock(API).post(`${REPO}/git/refs`).reply(422, { message: "Reference update failed" });
    nock(API)
      .get(`${REPO}/git/ref/heads%2Fagent`)
      .reply(200, { object: { sha: FOREIGN } });
    await expect(createBranch(repository, newRecord().record, wish)).rejects.toThrow(
      /cannot be made while there is a branch `agent`/,
    );
  });

  it("adopts its branch when GitHub made it and answered 502", async () => {
    const { repository, slept } = newRepository();
    onHead(null);
    nock(API).post(`${REPO}/git/refs`).reply(502);
    onHead(NEW);
    expect(await createBranch(repository, newRecord().record, wish)).toEqual({ branch, sha: NEW });
    expect(slept).toEqual([1_000]);
  });

  it("asks a person when a branch rule refuses it", async () => {
    const { repository } = newRepository();
    onHead(null);
    nock(API).post(`${REPO}/git/refs`).reply(422, {
      message: "Repository rule violations found\n\nCannot create ref due to creations being restricted.",
    });
    nock(API).get(`${REPO}/git/ref/heads%2Fagent`).reply(404, { message: "Not Found" });
    await expect(createBranch(repository, newRecord().record, wish)).rejects.toMatchObject({
      reason: "permission",
    });
  });
});

describe("moveBranch", () => {
  const move = { opKey: "move", branch, from: OLD, to: NEW };

  it("compares, then moves forward without force", async () => {
    const { repository } = newRepository();
    onHead(OLD);
    nock(API)
      .patch(PATCH_REF, { sha: NEW, force: false })
      .reply(200, { object: { sha: NEW } });
    expect(await moveBranch(repository, newRecord().record, move)).toEqual({ branch, sha: NEW });
    expect(pending()).toEqual([]);
  });

  it("calls nobody when it is there already", async () => {
    const { repository } = newRepository();
    onHead(NEW);
    expect(await moveBranch(repository, newRecord().record, move)).toEqual({ branch, sha: NEW });
  });

  it("asks a person when somebody pushed to it or deleted it, and never overwrites", async () => {
    const { repository } = newRepository();
    onHead(FOREIGN);
    await expect(moveBranch(repository, newRecord().record, move)).rejects.toThrow(
      /nothing of others is ever overwritten/,
    );
    onHead(null);
    await expect(moveBranch(repository, newRecord().record, move)).rejects.toThrow(
      /Somebody deleted the branch/,
    );
  });

  it("compares again when it lost a race", async () => {
    const { repository } = newRepository();
    onHead(OLD);
    nock(API).patch(PATCH_REF).reply(422, { message: "Update is not a fast forward" });
    onHead(FOREIGN);
    await expect(moveBranch(repository, newRecord().record, move)).rejects.toThrow(
      /nothing of others is ever overwritten/,
    );
  });

  it("adopts the move when the answer was lost", async () => {
    const { repository } = newRepository();
    onHead(OLD);
    nock(API).patch(PATCH_REF).replyWithError("socket hang up");
    onHead(NEW);
    expect(await moveBranch(repository, newRecord().record, move)).toEqual({ branch, sha: NEW });
  });
});
