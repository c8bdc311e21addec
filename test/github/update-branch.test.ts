import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TryLater } from "../../src/errors.ts";
import { fetchBaseFacts } from "../../src/github/facts/base.ts";
import { fetchRunOfBranch } from "../../src/github/facts/own-commit.ts";
import { updateBranch } from "../../src/github/update-branch.ts";
import { API, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const HEAD = "a".repeat(40);
const TIP = "b".repeat(40);
const MERGE = "c".repeat(40);
const branch = "agent/issue-7";
const update = { opKey: "update", branch, from: HEAD, pullNumber: 8 };
const receipt = { branch, sha: MERGE, base: TIP };

const onHead = (sha: string, times = 1) =>
  nock(API).get(`${REPO}/git/ref/heads%2Fagent%2Fissue-7`).times(times).reply(200, { object: { sha } });
const onCommit = (sha: string, parents: readonly string[], login = "fixpoint-acme[bot]") =>
  nock(API)
    .get(`${REPO}/commits/${sha}`)
    .reply(200, { sha, parents: parents.map((each) => ({ sha: each })), author: { login }, commit: {} });
const onUpdate = (status: number, message: string) =>
  nock(API).put(`${REPO}/pulls/8/update-branch`, { expected_head_sha: HEAD }).reply(status, { message });
const pending = () => nock.pendingMocks().filter((mock) => mock.includes("/repos/"));

describe("updateBranch", () => {
  it("lets GitHub merge the base into exactly the head that it knows, and waits until that is done", async () => {
    const { repository } = newRepository();
    const { record, journal } = newRecord();
    onHead(HEAD);
    onUpdate(202, "Updating pull request branch.");
    onHead(HEAD);
    onHead(MERGE);
    onCommit(MERGE, [HEAD, TIP]);
    expect(await updateBranch(repository, record, update)).toEqual(receipt);
    expect([journal, pending()]).toEqual([["intended branch.update", "adopted branch.update"], []]);
  });

  it("is not done twice after a crash: the merge that a former life asked for is adopted", async () => {
    const { repository } = newRepository();
    const { record, journal } = newRecord({ intended: ["update"] });
    onHead(MERGE);
    onCommit(MERGE, [HEAD, TIP]);
    expect(await updateBranch(repository, record, update)).toEqual(receipt);
    expect([journal, pending()]).toEqual([["adopted branch.update"], []]);
  });

  it("asks a person what GitHub refuses for another reason, with its words", async () => {
    const { repository } = newRepository();
    onHead(HEAD);
    onUpdate(
      422,
      "refusing to allow a GitHub App to update workflow `ci.yml` without `workflows` permission",
    );
    await expect(updateBranch(repository, newRecord().record, update)).rejects.toMatchObject({
      question: expect.stringContaining("without `workflows` permission"),
    });
  });

  it.each([
    ["a commit of others", [HEAD], "robin"],
    ["a merge by others", [HEAD, TIP], "robin"],
    ["a merge of ours into another head", [TIP, HEAD], "fixpoint-acme[bot]"],
  ])("takes %s for nothing of its own, and leaves it", async (_, parents, login) => {
    const { repository } = newRepository();
    onHead(MERGE);
    onCommit(MERGE, parents, login);
    onUpdate(422, "expected head sha didn’t match current head ref.");
    await expect(updateBranch(repository, newRecord().record, update)).rejects.toBeInstanceOf(TryLater);
    expect(pending()).toEqual([]);
  });
});

describe("fetchRunOfBranch", () => {
  const onOwn = (message: string, login = "fixpoint-acme[bot]") =>
    nock(API)
      .get(`${REPO}/commits/${HEAD}`)
      .reply(200, { sha: HEAD, parents: [{ sha: TIP }], author: { login }, commit: { message } });
  const onMerge = () =>
    nock(API)
      .get(`${REPO}/commits/${MERGE}`)
      .reply(200, {
        sha: MERGE,
        parents: [{ sha: HEAD }, { sha: TIP }],
        author: { login: "fixpoint-acme[bot]" },
        commit: { message: "Merge branch 'main' into agent/issue-7" },
      });

  it.each([
    ["a commit of ours below an update", "Mend\n\nAgent-Run: run_77_7_1", "fixpoint-acme[bot]", "run_77_7_1"],
    ["a commit of others below an update", "Mend\n\nAgent-Run: run_77_7_1", "robin", undefined],
    ["a commit of ours without a trailer", "Mend", "fixpoint-acme[bot]", undefined],
  ])("knows %s for what it is", async (_, message, login, run) => {
    const { repository } = newRepository();
    onHead(MERGE);
    onMerge();
    onOwn(message, login);
    expect(await fetchRunOfBranch(repository, branch)).toEqual(run ? { run, sha: MERGE } : null);
  });
});

describe("fetchBaseFacts", () => {
  const at = { head: HEAD, base: "main", pullNumber: 8 };
  const onCompare = (behind: number) =>
    nock(API)
      .get(`${REPO}/compare/main...${HEAD}`)
      .query({ page: 2, per_page: 1 })
      .reply(200, { base_commit: { sha: TIP }, merge_base_commit: { sha: MERGE }, behind_by: behind });
  const onPull = (pull: { mergeable: boolean | null; mergeable_state: string; sha?: string }) =>
    nock(API)
      .get(`${REPO}/pulls/8`)
      .reply(200, { ...pull, head: { sha: pull.sha ?? HEAD } });
  const onRules = (strict: boolean | null) => {
    const rule = {
      type: "required_status_checks",
      parameters: { strict_required_status_checks_policy: strict },
    };
    return nock(API)
      .get(`${REPO}/rules/branches/main`)
      .query({ per_page: 100 })
      .reply(strict === null ? 404 : 200, strict === null ? { message: "Not Found" } : [rule]);
  };
  const known = { tip: TIP, mergeBase: MERGE, behind: true };

  it("asks no more than one thing while the head contains the tip", async () => {
    const { repository } = newRepository();
    onCompare(0);
    expect(await fetchBaseFacts(repository, at)).toMatchObject({ behind: false });
    expect(pending()).toEqual([]);
  });

  it.each([
    ["fits", { mergeable: true, mergeable_state: "draft" }, false, "clean", false],
    ["fits a strict base", { mergeable: true, mergeable_state: "draft" }, true, "clean", true],
    [
      "fits a base that is strict by classic protection",
      { mergeable: true, mergeable_state: "behind" },
      null,
      "clean",
      true,
    ],
    ["conflicts", { mergeable: false, mergeable_state: "dirty" }, false, "conflict", false],
    ["is not worked out yet", { mergeable: null, mergeable_state: "unknown" }, false, "unknown", false],
    [
      "is known of another head only",
      { mergeable: false, mergeable_state: "dirty", sha: TIP },
      false,
      "unknown",
      false,
    ],
  ] as const)("tells that a head which is behind %s", async (_, pull, strict, merge, mustContainTip) => {
    const { repository } = newRepository();
    onCompare(1);
    onPull(pull);
    onRules(strict);
    expect(await fetchBaseFacts(repository, at)).toEqual({ ...known, merge, mustContainTip });
  });

  it("knows of no base where there is none any more", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/compare/main...${HEAD}`)
      .query({ page: 2, per_page: 1 })
      .reply(404, { message: "Not Found" });
    expect(await fetchBaseFacts(repository, at)).toBeNull();
  });
});
