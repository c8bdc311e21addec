import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCommit, messageOf, type StepCommit, textOf } from "../../src/github/commit.ts";
import { API, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const PARENT = "a".repeat(40);
const TREE = "b".repeat(40);
const COMMIT = "c".repeat(40);
const bytes = (text: string) => new TextEncoder().encode(text);

const commit: StepCommit = {
  opKey: "commit:2",
  message: "fix(cart): add up in cents\n\nThe sum was made of floats.",
  trailers: [
    ["Agent-Run", "run_77_7_1"],
    ["Agent-Step", "2/5"],
    ["Agent-Plan", "sha256:0123"],
    ["Agent-Tree", TREE],
  ],
  parents: [PARENT],
  files: [
    { kind: "write", path: "src/cart.js", mode: "100644", bytes: bytes("\ufeffexport const sum = 1;\r\n") },
    { kind: "write", path: "bin/run", mode: "100755", bytes: bytes("#!/bin/sh\n") },
    { kind: "write", path: "logo.png", mode: "100644", bytes: new Uint8Array([0x89, 0x50, 0x00, 0xff]) },
    { kind: "delete", path: "src/old.js" },
  ],
  tree: TREE,
  branch: "agent/issue-7",
};
const message = messageOf(commit);

function onCommits(list: object[] | "no branch"): nock.Scope {
  return nock(API)
    .get(`${REPO}/commits`)
    .query({ sha: "agent/issue-7", per_page: 100 })
    .reply(list === "no branch" ? 404 : 200, list === "no branch" ? { message: "Not Found" } : list);
}

function onGit(answers: { commit?: number; tree?: string } = {}) {
  onCommits("no branch");
  const sent: Record<string, unknown>[] = [];
  const keep = (kind: string) => (body: object) => sent.push({ kind, ...body }) > 0;
  nock(API)
    .get(`${REPO}/git/commits/${PARENT}`)
    .reply(200, { sha: PARENT, tree: { sha: "parent-tree" } });
  nock(API).persist().post(`${REPO}/git/blobs`, keep("blob")).reply(201, { sha: "blob-of-logo" });
  nock(API)
    .persist()
    .post(`${REPO}/git/trees`, keep("tree"))
    .reply(201, { sha: answers.tree ?? TREE });
  nock(API)
    .post(`${REPO}/git/commits`, keep("commit"))
    .reply(answers.commit ?? 201, {
      sha: COMMIT,
      tree: { sha: TREE },
      verification: { verified: true, reason: "valid" },
    });
  return sent;
}

/** nock asks a body matcher more than once; what was sent is what differs. */
const distinct = (sent: readonly object[]) => [
  ...new Map(sent.map((each) => [JSON.stringify(each), each])).values(),
];

describe("makeCommit", () => {
  it("sends text inline, binary as a blob, deletions as null, and no author, so that GitHub signs it", async () => {
    const { repository } = newRepository();
    const sent = onGit();
    expect(await makeCommit(repository, newRecord().record, commit)).toEqual({
      sha: COMMIT,
      tree: TREE,
      verified: true,
    });
    expect(distinct(sent)).toEqual([
      { kind: "blob", content: "iVAA/w==", encoding: "base64" },
      {
        kind: "tree",
        base_tree: "parent-tree",
        tree: [
          { path: "src/cart.js", mode: "100644", type: "blob", content: "\ufeffexport const sum = 1;\r\n" },
          { path: "bin/run", mode: "100755", type: "blob", content: "#!/bin/sh\n" },
          { path: "logo.png", mode: "100644", type: "blob", sha: "blob-of-logo" },
          { path: "src/old.js", mode: "100644", type: "blob", sha: null },
        ],
      },
      {
        kind: "commit",
        message:
          `fix(cart): add up in cents\n\nThe sum was made of floats.\n\n` +
          `Agent-Run: run_77_7_1\nAgent-Step: 2/5\nAgent-Plan: sha256:0123\nAgent-Tree: ${TREE}`,
        tree: TREE,
        parents: [PARENT],
      },
    ]);
  });

  it("sends many files in chunks of a hundred, each on the tree of the one before", async () => {
    const { repository } = newRepository();
    const sent = onGit();
    const files = Array.from({ length: 201 }, (_, index) => ({
      kind: "write" as const,
      path: `f${index}`,
      mode: "100644" as const,
      bytes: bytes(`${index}`),
    }));
    await makeCommit(repository, newRecord().record, { ...commit, files });
    const trees = distinct(sent).filter((each) => "base_tree" in each) as {
      base_tree: string;
      tree: object[];
    }[];
    expect(trees.map(({ base_tree, tree }) => [base_tree, tree.length])).toEqual([
      ["parent-tree", 100],
      [TREE, 100],
      [TREE, 1],
    ]);
  });

  it("publishes nothing when GitHub comes to another tree", async () => {
    const { repository } = newRepository();
    const sent = onGit({ tree: "d".repeat(40) });
    await expect(makeCommit(repository, newRecord().record, commit)).rejects.toThrow(/nothing was published/);
    expect(sent.filter((each) => each["kind"] === "commit")).toEqual([]);
  });

  it("joins two commits, its files put on the tree of the last one, and knows that merge again", async () => {
    const head = "9".repeat(40);
    const merge: StepCommit = { ...commit, parents: [head, PARENT] };
    const { repository } = newRepository();
    const sent = onGit();
    await makeCommit(repository, newRecord().record, merge);
    expect(sent.find((each) => each["kind"] === "commit")).toMatchObject({ parents: [head, PARENT] });

    const listed = (...parents: string[]) => ({
      sha: COMMIT,
      parents: parents.map((sha) => ({ sha })),
      commit: { message, tree: { sha: TREE }, verification: { verified: true } },
    });
    onCommits([{ ...listed(PARENT), sha: "plain" }, listed(head, PARENT)]);
    const { record } = newRecord({ intended: ["commit:2"] });
    expect(await makeCommit(repository, record, merge)).toMatchObject({ sha: COMMIT });
  });

  it("adopts its own commit from the branch after a crash", async () => {
    const { repository } = newRepository();
    const listed = {
      sha: COMMIT,
      parents: [{ sha: PARENT }],
      commit: { message, tree: { sha: TREE }, verification: { verified: true } },
    };
    onCommits([{ ...listed, sha: "later", parents: [{ sha: COMMIT }] }, listed]);
    const { record, journal } = newRecord({ intended: ["commit:2"] });
    expect(await makeCommit(repository, record, commit)).toEqual({ sha: COMMIT, tree: TREE, verified: true });
    expect(journal).toEqual(["adopted commit.create"]);
  });

  it.each([
    ["another tree", { tree: { sha: "e".repeat(40) }, message }],
    ["another step", { tree: { sha: TREE }, message: message.replace("2/5", "3/5") }],
    [
      "the trailer only quoted in a sentence",
      { tree: { sha: TREE }, message: `Quoting ${message.replaceAll("\n", " ")}` },
    ],
  ])("does not adopt a commit with %s", async (_title, inner) => {
    const { repository } = newRepository();
    const listed = [{ sha: "f".repeat(40), parents: [{ sha: PARENT }], commit: inner }];
    onCommits(listed);
    onCommits(listed);
    onGit();
    const { record, journal } = newRecord({ intended: ["commit:2"] });
    expect((await makeCommit(repository, record, commit)).sha).toBe(COMMIT);
    expect(journal).toEqual(["intended commit.create", "made commit.create"]);
  });

  it("makes the commit again when the first one was answered with 502 and is on no branch", async () => {
    const { repository } = newRepository();
    onGit({ commit: 502 });
    onCommits("no branch");
    onCommits("no branch");
    onGit();
    expect((await makeCommit(repository, newRecord().record, commit)).sha).toBe(COMMIT);
  });

  it("refuses a change that adds a secret, and lets one pass that stood in the file before", async () => {
    const { repository } = newRepository();
    const key = "AKIAIOSFODNN7EXAMPLE";
    const secret = {
      ...commit,
      files: [{ kind: "write" as const, path: "test/keys.js", mode: "100644" as const, bytes: bytes(key) }],
    };
    const CONTENT = `${REPO}/contents/test%2Fkeys.js`;
    onCommits("no branch");
    nock(API).get(CONTENT).query({ ref: PARENT }).reply(404, { message: "Not Found" });
    await expect(makeCommit(repository, newRecord().record, secret)).rejects.toThrow(
      /looks like a secret \(AWS key\) in `test\/keys\.js`/,
    );

    const content = Buffer.from(`const key = "${key}";`).toString("base64");
    nock(API)
      .get(CONTENT)
      .query({ ref: PARENT })
      .reply(200, { type: "file", size: 30, sha: "s", encoding: "base64", content });
    onGit();
    expect((await makeCommit(repository, newRecord().record, secret)).sha).toBe(COMMIT);
  });
});

describe("textOf", () => {
  it("gives text only for bytes that JSON carries unchanged", () => {
    expect([
      textOf(bytes("héllo\r\n")),
      textOf(bytes("\ufeffmark")),
      textOf(new Uint8Array([0xff, 0xfe])),
      textOf(new Uint8Array([65, 0, 66])),
    ]).toEqual(["héllo\r\n", "\ufeffmark", null, null]);
  });
});
