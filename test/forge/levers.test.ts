import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { git, type Stage, setStage } from "./support/forge.ts";

describe("faults", () => {
  let stage: Stage;
  let issue: number;
  let token: string;
  beforeEach(async () => {
    stage = await setStage();
    issue = await stage.forge.as("robin").openIssue("acme", "lib", { title: "x" });
    token = await stage.token();
  });
  afterEach(() => stage.stop());

  const comments = () => stage.forge.inspect("acme", "lib").issues[0]?.comments.map((one) => one.body);
  const onComments = { method: "POST", path: /\/comments$/ };
  /** a client that never retries, and what came of one comment */
  const comment = async (body: string, signal = AbortSignal.timeout(2_000)) => {
    try {
      const answer = await fetch(`${stage.forge.url}/api/v3/repos/acme/lib/issues/${issue}/comments`, {
        method: "POST",
        headers: { authorization: `token ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ body }),
        signal,
      });
      return `${answer.status} ${(await answer.text()).length > 50 ? "long" : "short"}`;
    } catch (error) {
      return error instanceof Error && error.name === "TimeoutError" ? "timed out" : "cut off";
    }
  };

  it("answers a status without doing the work, or after doing it", async () => {
    stage.forge.levers.fault(onComments, { status: 502, body: "<html>" });
    stage.forge.levers.fault(
      { ...onComments, nth: 2 },
      { status: 502, applied: true, headers: { "retry-after": "1" } },
    );
    expect([await comment("not stored"), await comment("stored"), await comment("normal")]).toEqual([
      "502 short",
      "502 short",
      "201 long",
    ]);
    expect(comments()).toEqual(["stored", "normal"]);
  });

  it("cuts the connection before the work, after it, or in the middle of the answer", async () => {
    stage.forge.levers.fault(onComments, { dropBefore: true });
    expect([await comment("before"), comments()]).toEqual(["cut off", []]);
    stage.forge.levers.fault(onComments, { dropAfter: true });
    expect([await comment("after"), comments()]).toEqual(["cut off", ["after"]]);
    stage.forge.levers.fault(onComments, { truncate: 10 });
    expect([await comment("half"), comments()]).toEqual(["cut off", ["after", "half"]]);
  });

  it("does the work only after the caller has given up", async () => {
    stage.forge.levers.fault(onComments, { applyLaterMs: 300 });
    expect(await comment("late", AbortSignal.timeout(100))).toBe("timed out");
    expect(comments()).toEqual([]);
    await stage.forge.settled();
    expect(comments()).toEqual(["late"]);
  });

  it("strikes the nth of those that match, so many times, and only the named actor", async () => {
    stage.forge.levers.fault({ ...onComments, nth: 2, times: 2, actor: "fixpoint[bot]" }, { status: 503 });
    const results = [];
    for (const body of ["a", "b", "c", "d"]) results.push((await comment(body)).slice(0, 3));
    expect(results).toEqual(["201", "503", "503", "201"]);
  });

  it("keeps young things out of lists but not out of single reads", async () => {
    await comment("old");
    await pause(300);
    stage.forge.levers.listLag(250);
    await comment("young");
    const list = async () =>
      (await stage.octokit.rest.issues.listComments({ ...stage.repo, issue_number: issue })).data.map(
        (one) => one.body,
      );
    expect(await list()).toEqual(["old"]);
    const young = stage.forge.inspect("acme", "lib").issues[0]?.comments[1]?.id ?? 0;
    expect((await stage.octokit.rest.issues.getComment({ ...stage.repo, comment_id: young })).data.body).toBe(
      "young",
    );
    await expect.poll(list).toEqual(["old", "young"]);
  });

  it("makes tokens short-lived", async () => {
    stage.forge.levers.tokenLifetime(1);
    token = await stage.token();
    await pause(5);
    expect(await comment("no")).toBe("401 long");
  });

  it("loses the answer to a push that was taken", async () => {
    const work = await stage.clone("work", token);
    await git(work, "commit", "--quiet", "--allow-empty", "-m", "x");
    stage.forge.levers.fault({ method: "POST", path: /git-receive-pack$/ }, { dropAfter: true });
    await expect(git(work, "push", "origin", "HEAD:refs/heads/pushed")).rejects.toThrow();
    expect(stage.forge.inspect("acme", "lib").refs["refs/heads/pushed"]).toBe(
      await git(work, "rev-parse", "HEAD"),
    );
  });

  it("writes down every request with who made it and what was answered", async () => {
    const before = stage.forge.requests.length;
    stage.forge.levers.fault({ ...onComments, nth: 2 }, { dropAfter: true });
    await comment("one");
    await comment("two");
    await fetch(`${stage.forge.url}/api/v3/rate_limit?x=1`);
    expect(stage.forge.requests.slice(before).map(({ at: _, ...rest }) => rest)).toEqual([
      {
        method: "POST",
        path: `/repos/acme/lib/issues/${issue}/comments`,
        query: "",
        actor: "fixpoint[bot]",
        status: 201,
      },
      {
        method: "POST",
        path: `/repos/acme/lib/issues/${issue}/comments`,
        query: "",
        actor: "fixpoint[bot]",
        status: 0,
      },
      { method: "GET", path: "/rate_limit", query: "?x=1", actor: "anonymous", status: 200 },
    ]);
  });
});
