import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createForge, type Forge } from "../../demo/forge/forge.ts";
import type { Fault } from "../../demo/forge/levers.ts";
import { AskPerson, TryLater } from "../../src/errors.ts";
import { createBranch, moveBranch } from "../../src/github/branch.ts";
import { ensureCheckRun, updateCheckRun } from "../../src/github/check-run.ts";
import { createGithub, type Github, type RepositoryGithub } from "../../src/github/client.ts";
import { createCommandGithub } from "../../src/github/command-github.ts";
import { editComment, ensureComment, sweepComments } from "../../src/github/comment.ts";
import { type CommitFile, makeCommit } from "../../src/github/commit.ts";
import { fetchFailures } from "../../src/github/facts/failure-log.ts";
import { fetchFile, listDirectory } from "../../src/github/facts/file.ts";
import { fetchGateFacts } from "../../src/github/facts/gate.ts";
import { fetchIssue } from "../../src/github/facts/issue.ts";
import { fetchHead, fetchPermission, fetchRepository, gitRemote } from "../../src/github/facts/repository.ts";
import { editPull, openPull } from "../../src/github/pull-request.ts";
import { convertToDraft, markReady } from "../../src/github/pull-stage.ts";
import { addReviewersAndLabels } from "../../src/github/reviewers.ts";
import type { RepositoryRef } from "../../src/run/request.ts";
import { newRecord, silent } from "./support.ts";

/**
 * The same story as the tests with single answers, told on a whole GitHub: the local forge with real git below it,
 * its permissions, and its levers for what goes wrong in between.
 */
const SINCE = "2000-01-01T00:00:00Z";
const branch = "agent/issue-1";
const mark = { run: "run_1_1_1", op: "progress" };

const WORKFLOW = `name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - name: Test
        run: grep -q right answer.txt || { echo "answer.txt is not right"; exit 1; }
`;

let dir: string;
let forge: Forge;
let github: Github;

// One repository for each test, on one forge: `name`, `repository` and `issue` are its own.
let name: string;
let repository: RepositoryGithub;
let ref: RepositoryRef;
let issue: number;
let base: string;
let gitDir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "fixpoint-github-"));
  mkdirSync(join(dir, "seed/.github/workflows"), { recursive: true });
  writeFileSync(join(dir, "seed/.github/workflows/ci.yml"), WORKFLOW);
  writeFileSync(join(dir, "seed/answer.txt"), "wrong\n");
  writeFileSync(join(dir, "seed/old.txt"), "old\n");
  forge = await createForge({ dataDir: join(dir, "forge"), slug: "fixpoint-test" });
  forge.createOrganization("acme");
  forge.createUser("alice");
  installationId = forge.install("acme").id;
  github = newGithub();
});

let installationId: number;
let count = 0;

beforeEach(async () => {
  forge.levers.clear();
  name = `shop-${++count}`;
  const made = await forge.createRepository({
    owner: "acme",
    name,
    from: join(dir, "seed"),
    collaborators: { alice: "write" },
  });
  gitDir = made.gitDir;
  issue = await forge.as("alice").openIssue("acme", name, { title: "Wrong answer", body: "It is wrong." });
  ref = { id: made.id, owner: "acme", name, installationId };
  repository = github.repository(ref);
  base = (await fetchHead(repository, "main")) ?? "";
});

afterAll(async () => {
  await forge.stop();
  rmSync(dir, { recursive: true, force: true });
});

function newGithub(more: { settleMs?: number; timeoutMs?: number } = {}): Github {
  return createGithub({
    appId: forge.app.id,
    privateKey: forge.app.privateKey,
    apiUrl: `${forge.url}/api/v3`,
    markerKey: "marker-key-of-the-tests",
    log: silent,
    settleMs: 5,
    ...more,
  });
}

/** Never the synchronous kind: the forge that git may talk to runs in this very process. */
function git(
  args: readonly string[],
  options: { input?: Uint8Array; env?: Record<string, string> } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = execFile("git", args, { env }, (error, out) =>
      error ? reject(error) : resolve(out.trim()),
    );
    child.stdin?.end(options.input);
  });
}

/** The tree that git itself makes of the changes. */
async function treeOf(parent: string, files: readonly CommitFile[]): Promise<string> {
  const env = { GIT_DIR: gitDir, GIT_INDEX_FILE: join(dir, `index-${name}`) };
  const entries: string[] = [];
  for (const file of files) {
    if (file.kind === "delete") entries.push(`0 ${"0".repeat(40)}\t${file.path}`);
    else
      entries.push(
        `${file.mode} ${await git(["hash-object", "-w", "--stdin"], { env, input: file.bytes })}\t${file.path}`,
      );
  }
  await git(["read-tree", parent], { env });
  await git(["update-index", "--add", "--index-info"], {
    env,
    input: Buffer.from(`${entries.join("\n")}\n`),
  });
  return git(["write-tree"], { env });
}

const write = (
  path: string,
  content: string | Uint8Array,
  mode: "100644" | "100755" = "100644",
): CommitFile => ({
  kind: "write",
  path,
  mode,
  bytes: typeof content === "string" ? new TextEncoder().encode(content) : content,
});

async function commitOf(step: number, parent: string, files: readonly CommitFile[]) {
  const tree = await treeOf(parent, files);
  return {
    opKey: `commit:${step}`,
    message: `fix: step ${step}`,
    trailers: [
      ["Agent-Run", "run_1_1_1"],
      ["Agent-Step", `${step}/2`],
      ["Agent-Tree", tree],
    ] as const,
    parents: [parent] as [string],
    files,
    tree,
    branch,
  };
}

/** One commit on its branch, as a run publishes it. */
async function publish(record = newRecord().record, answer = "right\n"): Promise<string> {
  const { sha } = await makeCommit(
    repository,
    record,
    await commitOf(1, base, [write("answer.txt", answer)]),
  );
  await createBranch(repository, record, { opKey: "branch", branch, sha, ours: [] });
  return sha;
}

const snapshot = () => forge.inspect("acme", name);
const comments = () => snapshot().issues.find((each) => each.number === issue)?.comments ?? [];

const ciIsDone = () =>
  vi.waitFor(
    () => expect(snapshot().workflowRuns.map(({ status }) => status)).toEqual(["completed"]),
    20_000,
  );

describe("a run on the forge", () => {
  it("goes from the issue to a pull request that is ready and green on exactly its head", async () => {
    const { record } = newRecord();
    expect(await fetchRepository(repository)).toMatchObject({
      owner: "acme",
      name,
      defaultBranch: "main",
      archived: false,
    });
    expect(await fetchIssue(repository, issue)).toMatchObject({
      state: "open",
      title: "Wrong answer",
      isPull: false,
    });
    expect([await fetchPermission(repository, "alice"), await fetchPermission(repository, "nobody")]).toEqual(
      ["write", "none"],
    );
    expect(await fetchFile(repository, { sha: base, path: "answer.txt" })).toMatchObject({
      state: "read",
      bytes: Buffer.from("wrong\n"),
    });
    expect(await listDirectory(repository, { sha: base, path: ".github/workflows" })).toEqual([
      { path: ".github/workflows/ci.yml", type: "file" },
    ]);

    const first = await makeCommit(
      repository,
      record,
      await commitOf(1, base, [
        write("answer.txt", "\ufeffright\r\n"),
        write("bin/run", "#!/bin/sh\n", "100755"),
        write("logo.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0xff])),
        { kind: "delete", path: "old.txt" },
      ]),
    );
    const many = Array.from({ length: 105 }, (_, index) => write(`many/${index}.txt`, `${index}\n`));
    const second = await makeCommit(repository, record, await commitOf(2, first.sha, many));
    expect([first.verified, second.verified]).toEqual([true, true]);
    await createBranch(repository, record, { opKey: "branch", branch, sha: second.sha, ours: [] });

    const pull = await openPull(repository, record, {
      opKey: "pull",
      branch,
      base: "main",
      title: "Right answer",
      body: `Closes #${issue}`,
    });
    expect(pull).toMatchObject({ headSha: second.sha, as: "draft", state: "open" });
    await editPull(repository, record, {
      opKey: "edit",
      number: pull.number,
      body: `Closes #${issue}, proved.`,
    });
    await addReviewersAndLabels(repository, record, {
      number: pull.number,
      reviewers: ["alice", "stranger"],
      labels: ["bug"],
    });

    const progress = { issueNumber: issue, mark, since: SINCE };
    const { commentId } = await ensureComment(repository, record, {
      ...progress,
      opKey: "progress",
      body: "Working",
    });
    await editComment(repository, record, { opKey: "progress:2", commentId, mark, body: "Waiting for CI" });
    const face = { title: "Waiting", summary: "for CI" };
    const { checkRunId } = await ensureCheckRun(repository, record, {
      opKey: "check",
      sha: second.sha,
      externalId: "run_1_1_1:gate",
      conclusion: "in_progress",
      ...face,
    });

    await ciIsDone();
    const facts = await fetchGateFacts(repository, second.sha);
    expect(
      facts.checkRuns
        .filter((run) => run.appId !== repository.appId)
        .map(({ name, conclusion }) => [name, conclusion]),
    ).toEqual([["test", "success"]]);
    expect(facts.workflowRuns.map(({ name, conclusion }) => [name, conclusion])).toEqual([["CI", "success"]]);

    await markReady(repository, record, { opKey: "ready", number: pull.number });
    await updateCheckRun(repository, record, {
      opKey: "check:2",
      checkRunId,
      conclusion: "success",
      title: "Ready",
      summary: "Green",
    });

    expect(snapshot().pulls).toMatchObject([
      {
        number: pull.number,
        draft: false,
        body: `Closes #${issue}, proved.`,
        headSha: second.sha,
        requestedReviewers: ["alice"],
      },
    ]);
    expect(comments().map(({ author, body }) => [author, body.split("\n")[0]])).toEqual([
      ["fixpoint-test[bot]", "Waiting for CI"],
    ]);
    expect(snapshot().checkRuns.filter((run) => run.app === "ours")).toMatchObject([
      { externalId: "run_1_1_1:gate", conclusion: "success" },
    ]);

    await convertToDraft(repository, record, { opKey: "draft", number: pull.number });
    expect(snapshot().pulls.map(({ draft }) => draft)).toEqual([true]);
  });

  it("reads why CI failed from the job's own log", async () => {
    const sha = await publish(newRecord().record, "still wrong\n");
    await ciIsDone();
    const { log } = await fetchFailures(repository, await fetchGateFacts(repository, sha));
    expect(log).toMatch(/^Job "test" of workflow "CI": failure, step "Test"\n/);
    expect(log).toContain("answer.txt is not right");
  });
});

describe("the remote", () => {
  it("lets git fetch with its own token, and refuses it without one or for a push", async () => {
    const remote = await gitRemote(repository);
    const header = `Authorization: Basic ${Buffer.from(`x-access-token:${remote.token}`).toString("base64")}`;
    const env = {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${forge.url}/.extraHeader`,
      GIT_CONFIG_VALUE_0: header,
    };
    const clone = join(dir, "clone");
    await git(["clone", "-q", "--depth", "1", remote.url, clone], { env });
    expect(await git(["-C", clone, "rev-parse", "HEAD"])).toBe(base);
    await expect(git(["-C", clone, "push", "-q", remote.url, "HEAD:refs/heads/x"], { env })).rejects.toThrow(
      /403/,
    );
  });
});

describe("a fault on the way", () => {
  const faults: readonly (readonly [title: string, fault: Fault])[] = [
    ["answered with 502 although it was done", { status: 502, applied: true }],
    ["answered with 502 and not done", { status: 502 }],
    ["cut off after it was done", { dropAfter: true }],
    ["cut off before it was done", { dropBefore: true }],
    ["answered with half a JSON", { truncate: 40 }],
    [
      "answered with a page of HTML although it was done",
      { status: 200, applied: true, body: "<html>", headers: { "content-type": "text/html" } },
    ],
  ];

  it.each(faults)("leaves one of each thing when every write is at first %s", async (_title, fault) => {
    for (const path of [
      /\/git\/trees$/,
      /\/git\/commits$/,
      /\/git\/refs$/,
      /\/pulls$/,
      /\/issues\/\d+\/comments$/,
      /\/check-runs$/,
      /\/graphql$/,
    ]) {
      forge.levers.fault({ method: "POST", path, times: 1 }, fault);
    }
    const { record } = newRecord();
    const sha = await publish(record);
    const pull = await openPull(repository, record, {
      opKey: "pull",
      branch,
      base: "main",
      title: "t",
      body: "b",
    });
    await ensureComment(repository, record, {
      opKey: "progress",
      issueNumber: issue,
      mark,
      body: "Working",
      since: SINCE,
    });
    await ensureCheckRun(repository, record, {
      opKey: "check",
      sha,
      externalId: "x",
      conclusion: "in_progress",
      title: "t",
      summary: "s",
    });
    await markReady(repository, record, { opKey: "ready", number: pull.number });

    const { pulls, checkRuns, refs } = snapshot();
    expect(pulls).toMatchObject([{ draft: false, headSha: sha }]);
    expect(checkRuns.filter((run) => run.app === "ours")).toHaveLength(1);
    expect(comments()).toHaveLength(1);
    expect(Object.entries(refs).filter(([branchRef]) => branchRef.startsWith("refs/heads/"))).toEqual([
      ["refs/heads/agent/issue-1", sha],
      ["refs/heads/main", base],
    ]);
  });

  it("leaves one of each thing when the worker dies after every write and another one goes on", async () => {
    const life = async () => {
      // A new record that knows the intents only: the receipts were never written.
      const { record } = newRecord({
        intended: ["commit:1", "branch", "pull", "progress", "check", "ready"],
      });
      const sha = await publish(record);
      const pull = await openPull(repository, record, {
        opKey: "pull",
        branch,
        base: "main",
        title: "t",
        body: "b",
      });
      await ensureComment(repository, record, {
        opKey: "progress",
        issueNumber: issue,
        mark,
        body: "Working",
        since: SINCE,
      });
      await ensureCheckRun(repository, record, {
        opKey: "check",
        sha,
        externalId: "x",
        conclusion: "in_progress",
        title: "t",
        summary: "s",
      });
      await markReady(repository, record, { opKey: "ready", number: pull.number });
      return sha;
    };
    const sha = await life();
    expect(await life()).toBe(sha);
    const { pulls, checkRuns, refs } = snapshot();
    expect([pulls.length, comments().length, checkRuns.filter((run) => run.app === "ours").length]).toEqual([
      1, 1, 1,
    ]);
    expect(refs["refs/heads/agent/issue-1"]).toBe(sha);
  });

  it("sweeps the twin of a comment that GitHub carried out long after the time-out", async () => {
    const hasty = newGithub({ timeoutMs: 100, settleMs: 1 }).repository(ref);
    const progress = { issueNumber: issue, mark, since: SINCE };
    forge.levers.fault({ method: "POST", path: /\/comments$/ }, { applyLaterMs: 600 });
    const { record } = newRecord();
    const { commentId } = await ensureComment(hasty, record, {
      ...progress,
      opKey: "progress",
      body: "Working",
    });
    await forge.settled();
    expect(comments()).toHaveLength(2);
    // The late one is the younger one, and is deleted; what the receipt names stays.
    const sweep = { ...progress, opKey: "sweep", kept: commentId };
    expect(await sweepComments(hasty, record, sweep)).toEqual({ kept: commentId, twins: 1 });
    expect(comments().map((comment) => comment.id)).toEqual([commentId]);
  });

  it("leaves one of each thing although lists do not show it for a while", async () => {
    const sha = await publish();
    const patient = newGithub({ settleMs: 400 }).repository(ref);
    forge.levers.listLag(600);
    for (const path of [/\/pulls$/, /\/issues\/\d+\/comments$/, /\/check-runs$/])
      forge.levers.fault({ method: "POST", path }, { status: 502, applied: true });
    const { record } = newRecord();
    await openPull(patient, record, { opKey: "pull", branch, base: "main", title: "t", body: "b" });
    const progress = { opKey: "p", issueNumber: issue, mark, body: "Working", since: SINCE };
    await ensureComment(patient, record, progress);
    const face = { conclusion: "in_progress", title: "t", summary: "s" } as const;
    await ensureCheckRun(patient, record, { ...face, opKey: "check", sha, externalId: "x" });
    const { pulls, checkRuns } = snapshot();
    expect([pulls.length, comments().length, checkRuns.filter((run) => run.app === "ours").length]).toEqual([
      1, 1, 1,
    ]);
  });

  it("mints a new token when the old one has expired in the middle", async () => {
    await fetchIssue(repository, issue);
    forge.levers.expireTokens();
    await ensureComment(repository, newRecord().record, {
      opKey: "p",
      issueNumber: issue,
      mark,
      body: "Working",
      since: SINCE,
    });
    expect(comments()).toHaveLength(1);
  });

  it("puts a run off at a rate limit, and does the thing once later", async () => {
    const { record, journal } = newRecord();
    const wish = { opKey: "p", issueNumber: issue, mark, body: "Working", since: SINCE };
    forge.levers.fault(
      { method: "POST", path: /\/comments$/ },
      { status: 429, headers: { "retry-after": "30" } },
    );
    await expect(ensureComment(repository, record, wish)).rejects.toEqual(
      expect.objectContaining({ name: "TryLater", afterMs: 30_000 }),
    );
    await ensureComment(repository, record, wish);
    expect([comments().length, journal]).toEqual([
      1,
      ["intended comment.create", "intended comment.create", "made comment.create"],
    ]);
  });

  it("puts a run off when GitHub is down for good", async () => {
    forge.levers.fault({ method: "POST", path: /\/comments$/, times: 3 }, { status: 503 });
    const wish = { opKey: "p", issueNumber: issue, mark, body: "Working", since: SINCE };
    await expect(ensureComment(repository, newRecord().record, wish)).rejects.toBeInstanceOf(TryLater);
    expect(comments()).toEqual([]);
  });
});

describe("what people do meanwhile", () => {
  it("is never overwritten: a push to our branch is asked about", async () => {
    const sha = await publish();
    await forge.as("alice").push("acme", name, branch, { "answer.txt": "mine\n" });
    const theirs = await fetchHead(repository, branch);
    const next = await makeCommit(
      repository,
      newRecord().record,
      await commitOf(2, sha, [write("more.txt", "more\n")]),
    );
    const move = moveBranch(repository, newRecord().record, {
      opKey: "move",
      branch,
      from: sha,
      to: next.sha,
    });
    await expect(move).rejects.toMatchObject({ reason: "conflict" });
    expect(await fetchHead(repository, branch)).toBe(theirs);
  });

  it("is respected: a branch that they took first, a pull request that they closed", async () => {
    await forge.as("alice").push("acme", name, branch, { "x.txt": "x\n" });
    await expect(publish()).rejects.toMatchObject({ reason: "conflict" });
    const wish = { opKey: "pull", branch, base: "main", title: "t", body: "b" };
    const pull = await openPull(repository, newRecord().record, wish);
    await forge.as("alice").closePull("acme", name, pull.number);
    expect(await openPull(repository, newRecord().record, wish)).toMatchObject({
      number: pull.number,
      state: "closed",
    });
    expect(snapshot().pulls).toHaveLength(1);
  });

  it("does not fool us: a copied marker of theirs is not our comment", async () => {
    const wish = { opKey: "p", issueNumber: issue, mark, body: "Working", since: SINCE };
    const { commentId } = await ensureComment(repository, newRecord().record, wish);
    const [ours] = comments();
    await forge.as("alice").comment("acme", name, issue, ours?.body ?? "");
    await forge.as("alice").deleteComment("acme", name, commentId);
    await ensureComment(repository, newRecord({ intended: ["p"] }).record, wish);
    expect(comments().map(({ author }) => author)).toEqual(["alice", "fixpoint-test[bot]"]);
  });

  it("is followed: a repository that was renamed", async () => {
    // The owner of the organisation does it; the forge's organisations are their own admins.
    await forge.as("acme").request("PATCH", `/repos/acme/${name}`, { name: "store" });
    await ensureComment(repository, newRecord().record, {
      opKey: "p",
      issueNumber: issue,
      mark,
      body: "Working",
      since: SINCE,
    });
    expect(repository.at()).toEqual({ owner: "acme", repo: "store" });
    expect(forge.inspect("acme", "store").issues[0]?.comments).toHaveLength(1);
    expect((await gitRemote(repository)).url).toBe(`${forge.url}/acme/store.git`);
  });

  it("is put into words: an archived repository, a missing permission", async () => {
    await forge.as("acme").request("PATCH", `/repos/acme/${name}`, { archived: true });
    const wish = { opKey: "p", issueNumber: issue, mark, body: "Working", since: SINCE };
    await expect(ensureComment(repository, newRecord().record, wish)).rejects.toThrow(
      /is archived, so nothing can be written/,
    );

    forge.createOrganization("poor");
    const made = await forge.createRepository({ owner: "poor", name: "lib", from: join(dir, "seed") });
    const { id } = forge.install("poor", { permissions: { contents: "read", issues: "write" } });
    const poor = github.repository({ id: made.id, owner: "poor", name: "lib", installationId: id });
    const refused: unknown = await poor.token("work").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AskPerson);
    expect((refused as AskPerson).question).toContain(
      'has not granted "actions: write", "checks: write", "contents: write"',
    );
  });
});

describe("what commands need", () => {
  it("is answered on the forge with the small token", async () => {
    const port = createCommandGithub(github, {
      open: () => Promise.resolve(newRecord().record),
      hold: () => Promise.resolve({ check: () => {}, release: () => Promise.resolve() }),
    });
    expect([await port.botLogin(), await port.permissionOf(ref, "alice")]).toEqual([
      "fixpoint-test[bot]",
      "write",
    ]);
    const commentId = await forge.as("alice").comment("acme", name, issue, "/agent help");
    await port.react(ref, commentId, "conversation");
    await port.answer(ref, issue, `command-${commentId}`, "Here is help");
    // The record forgot; the marker did not.
    await port.answer(ref, issue, `command-${commentId}`, "Here is help");
    await port.ensureLabel(ref, "agent-fix");
    await port.ensureLabel(ref, "agent-fix");
    await publish();
    const pull = await openPull(repository, newRecord().record, {
      opKey: "pull",
      branch,
      base: "main",
      title: "t",
      body: "b",
    });
    expect(await port.branchOfPull(ref, pull.number)).toBe(branch);
    expect(comments().map(({ author, reactions }) => [author, reactions.length])).toEqual([
      ["alice", 1],
      ["fixpoint-test[bot]", 0],
    ]);
    expect(snapshot().labels.filter((label) => label.name === "agent-fix")).toHaveLength(1);
  });
});
