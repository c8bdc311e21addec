import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { evictCaches } from "../../src/workspace/evict-caches.ts";
import { systemPath } from "../../src/workspace/git-environment.ts";
import { withProcessLock } from "../../src/workspace/process-lock.ts";
import { type LocalRepository, localRepository } from "./local-repository.ts";

let repository: LocalRepository;
beforeEach(async () => {
  repository = await localRepository({ "a.txt": "one\n", "sub/b.txt": "b\n" });
});
afterEach(() => repository.remove());

const gitDirOf = (installationId = 3, repositoryId = 7) =>
  join(repository.home, "cache", `${installationId}-${repositoryId}.git`);
const ask = async (...args: string[]) =>
  (await repository.git(args, { gitDir: gitDirOf() })).toString("utf8").trim();

describe("the cache of a repository", () => {
  it("holds one commit without its history, and adds only what is new", async () => {
    const first = await repository.open();
    const next = await repository.commit({ "a.txt": "two\n" });
    const second = await repository.open({ sha: next });
    expect(await ask("rev-list", "--all", "--count")).toBe("2");
    expect(await ask("rev-parse", "--is-shallow-repository")).toBe("true");
    expect(await ask("rev-parse", "refs/cache/main")).toBe(next);
    await first.dispose();
    await second.dispose();
  });

  it("needs the remote only for commits that it does not hold", async () => {
    await (await repository.open()).dispose();
    await rename(repository.upstream, `${repository.upstream}.away`);
    const again = await repository.open({ branch: "other/branch" });
    expect(await again.list()).toEqual(["a.txt", "sub/b.txt"]);
    await again.dispose();
    await expect(repository.open({ sha: "1".repeat(40) })).rejects.toThrow();
  });

  it("serves many runs at once", async () => {
    const shas = [repository.sha];
    for (let n = 0; n < 5; n++) shas.push(await repository.commit({ "a.txt": `change ${n}\n` }));
    const opened = await Promise.all(shas.map((sha, n) => repository.open({ sha, runId: `run_7_${n}_1` })));
    const trees = await Promise.all(opened.map(async (workspace) => (await workspace.snapshot()).tree));
    expect(trees).toEqual(shas.map((sha) => repository.run("rev-parse", `${sha}^{tree}`)));
    await Promise.all(opened.map((workspace) => workspace.dispose()));
  });

  it("is not shared between installations", async () => {
    const one = await repository.open();
    const other = await repository.open({ installationId: 4 });
    expect((await readdir(join(repository.home, "cache"))).filter((name) => name.endsWith(".git"))).toEqual([
      "3-7.git",
      "4-7.git",
    ]);
    await Promise.all([one.dispose(), other.dispose()]);
  });

  it("that was left half made is made anew", async () => {
    await mkdir(join(gitDirOf(), "objects"), { recursive: true });
    const workspace = await repository.open();
    expect(await workspace.list()).toEqual(["a.txt", "sub/b.txt"]);
    await workspace.dispose();
  });

  it("refuses what is no commit id", async () => {
    await expect(repository.open({ sha: "main" })).rejects.toThrow("40 hexadecimal digits");
  });

  it("says what a failed fetch means, and leaves nothing behind", async () => {
    const fails = (overrides: Parameters<LocalRepository["open"]>[0]) =>
      repository.open(overrides).then(
        () => "opened",
        (error: Error & { reason?: string }) => `${error.name} ${error.reason ?? ""}`,
      );
    expect(await fails({ sha: "1".repeat(40) })).toBe("AskPerson conflict");
    expect(await fails({ remote: { url: `file://${repository.home}/nowhere` }, sha: "2".repeat(40) })).toBe(
      "GitFailed ",
    );
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    expect(await fails({ signal: stop.signal })).toBe("Error ");
    expect(existsSync(join(repository.home, "work"))).toBe(false);
  });

  it("gives way when all of them grow too large: the least recently used first, never one in use", async () => {
    for (const repositoryId of [7, 8, 9]) {
      await (await repository.open({ repositoryId })).dispose();
      await utimes(gitDirOf(3, repositoryId), new Date(repositoryId * 1_000), new Date(repositoryId * 1_000));
    }
    const held = await repository.open({ repositoryId: 7 });
    await utimes(gitDirOf(3, 7), new Date(0), new Date(0));
    const evict = (maxBytes: number, now = Date.now()) =>
      evictCaches({
        cacheDir: join(repository.home, "cache"),
        maxBytes,
        git: repository.git,
        path: systemPath,
        now: () => now,
      });
    expect(await evict(1_000_000_000)).toEqual([]);
    expect(await evict(1)).toEqual(["3-8.git", "3-9.git"]);
    await held.dispose();
    const left = await repository.open({ repositoryId: 7, runId: "run_of_a_killed_worker" });
    expect(await evict(1, Date.now() + 25 * 60 * 60 * 1000)).toEqual(["3-7.git"]);
    expect((await left.read("a.txt"))?.bytes.toString()).toBe("one\n");
  });
});

describe("the lock of a cache", () => {
  const lockFile = () => join(repository.home, "the.lock");
  const lock = <T>(wait: "yes" | "no", work: () => Promise<T>, signal?: AbortSignal) =>
    withProcessLock(lockFile(), { wait, path: systemPath, signal }, work);

  it("is held by one at a time", async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return "done";
    };
    expect(await Promise.all([lock("yes", work), lock("yes", work), lock("yes", work)])).toEqual([
      "done",
      "done",
      "done",
    ]);
    expect(most).toBe(1);
  });

  it("is not waited for when nobody wants to wait, and can be given up", async () => {
    await lock("yes", async () => {
      expect(await lock("no", async () => "worked")).toBeUndefined();
      const stop = new AbortController();
      const waiting = lock("yes", async () => "worked", stop.signal);
      stop.abort(new Error("stopped"));
      await expect(waiting).rejects.toThrow("stopped");
    });
    await expect(lock("yes", () => Promise.reject(new Error("work failed")))).rejects.toThrow("work failed");
    expect(await lock("no", async () => "worked")).toBe("worked");
  });

  it("is free the moment that its holder is killed", async () => {
    const source = new URL("../../src/workspace/process-lock.ts", import.meta.url).href;
    const script = `
      const { withProcessLock } = await import(${JSON.stringify(source)});
      await withProcessLock(${JSON.stringify(lockFile())}, { wait: "yes", path: process.env.PATH }, () => {
        console.log("held");
        return new Promise(() => setInterval(() => {}, 1000));
      });`;
    const holder = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    expect(await lock("no", async () => "worked")).toBeUndefined();
    holder.kill("SIGKILL");
    expect(await lock("yes", async () => "worked")).toBe("worked");
  });
});
