import { existsSync } from "node:fs";
import { lstat, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Check, Setup } from "../../src/run/check.ts";
import { decidePath } from "../../src/run/policy.ts";
import { createCheckRunner } from "../../src/workspace/check.ts";
import { installDependencies, setupLimits } from "../../src/workspace/install.ts";
import { createWorkspaces } from "../../src/workspace/open-workspace.ts";
import { createNoSandbox } from "../../src/workspace/sandbox/none.ts";
import {
  defaultLimits,
  type Limits,
  type Sandbox,
  SandboxFailure,
} from "../../src/workspace/sandbox/sandbox.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { bytes, type LocalRepository, localRepository, text } from "./local-repository.ts";
import { owner, realSandbox } from "./real-sandbox.ts";

let repository: LocalRepository;
let sandbox: Sandbox;
let env: Record<string, string>;
let workspace: Workspace;
beforeAll(async () => {
  repository = await localRepository({
    "src/a.js": "a\n",
    "src/deep/b.js": "b\n",
    "gone.txt": "gone\n",
    run: { script: "#!/bin/sh\necho run\n" },
    link: { link: "src/a.js" },
    "package-lock.json": "{}\n",
    ".gitignore": "/dist/\n*.log\n!keep.log\n",
    "lib/.gitignore": "made\n",
    "lib/index.js": "lib\n",
  });
  ({ sandbox, env } = await realSandbox(join(repository.home, "scratch")));
});
afterAll(() => repository.remove());
beforeEach(async () => {
  const { home, git } = repository;
  const places = { cacheDir: join(home, "cache"), workDir: join(home, "work") };
  workspace = await createWorkspaces({ ...places, git, ...(owner ? { owner } : {}) }).open(repository.spec());
});
afterEach(() => workspace.dispose());

const setup = (...commands: string[]): Setup => ({
  ecosystems: ["make"],
  commands: commands.map((command) => ({ command, why: "the test says so" })),
  hosts: ["allowed.invalid"],
  env: { WHERE: "{workspace}/src" },
  cacheAt: "/cache",
  findings: [],
});

describe("set-up", () => {
  const install = (...commands: string[]) => installWithin(setupLimits, ...commands);
  const installWithin = (limits: Limits, ...commands: string[]) =>
    installDependencies({
      sandbox,
      workspace,
      setup: setup(...commands),
      cacheDir: join(repository.home, "packages"),
      env,
      limits,
    });

  it("leaves what it made on the disk, and out of the change set", async () => {
    const installed = await install(
      "mkdir node_modules && echo made > node_modules/dep.js",
      'cat "$WHERE/a.js"',
    );
    expect(installed).toMatchObject({ status: "ready", refusedHosts: [], restored: [] });
    expect(installed.output).toBe(
      '$ mkdir node_modules && echo made > node_modules/dep.js\n\n$ cat "$WHERE/a.js"\na\n',
    );
    expect(text((await workspace.read("node_modules/dep.js"))?.bytes)).toBe("made\n");
    expect(workspace.changes()).toEqual([]);
    expect(await workspace.list("node_modules")).toEqual([]);
  });

  it("that changes tracked files has them put back, and says so", async () => {
    await workspace.write("src/new.js", bytes("new\n"));
    await workspace.remove("gone.txt");
    const changes = workspace.changes();
    const installed = await install(
      "echo evil >> src/a.js; chmod +x src/new.js; rm -r src/deep; ln -s /etc src/deep; rm link; ln -s /etc/shadow link; rm run; mkdir run; echo back > gone.txt",
    );
    expect(installed.status).toBe("ready");
    expect([...installed.restored].sort()).toEqual([
      "link",
      "run",
      "src/a.js",
      "src/deep/b.js",
      "src/new.js",
    ]);
    expect(installed.output).toContain("Set-up changed tracked files; they were put back: ");
    expect(workspace.changes()).toEqual(changes);
    const read = async (path: string) => text((await workspace.read(path))?.bytes);
    expect(await Promise.all(["src/a.js", "src/deep/b.js", "src/new.js", "run"].map(read))).toEqual([
      "a\n",
      "b\n",
      "new\n",
      "#!/bin/sh\necho run\n",
    ]);
    const modeOf = async (path: string) => (await lstat(join(workspace.root, path))).mode & 0o777;
    expect(await Promise.all(["src/new.js", "run"].map(modeOf))).toEqual([0o644, 0o755]);
    expect(await readlink(join(workspace.root, "link"))).toBe("src/a.js");
  });

  it("that fails ends there, with what it printed", async () => {
    const installed = await install("echo first", "echo second >&2; exit 3", "touch third");
    expect(installed).toMatchObject({
      status: "failed",
      output: "$ echo first\nfirst\n\n$ echo second >&2; exit 3\nsecond\n",
      problem: "`echo second >&2; exit 3` ended with exit code 3.",
    });
    expect(existsSync(join(workspace.root, "third"))).toBe(false);
  });

  it("that takes longer than all of it may is ended, and says which command it was", async () => {
    const installed = await installWithin({ ...setupLimits, wallMs: 1_500 }, "sleep 0.7", "sleep 20");
    expect(installed).toMatchObject({
      status: "failed",
      problem: "`sleep 20` was ended because set-up may take 0 minutes and took longer.",
    });
    expect(installed.ms).toBeLessThan(5_000);
    expect(installed.output).toContain("[It took too long and was ended.]");
  });

  it("that fills the disk says how much it may use", async () => {
    const limits = { ...setupLimits, fileBytes: 1024 ** 2 };
    expect(await installWithin(limits, "head -c 2000000 /dev/zero > big")).toMatchObject({
      status: "failed",
      problem:
        "`head -c 2000000 /dev/zero > big` filled the disk space that set-up may use (4 GiB, 600,000 files).",
    });
  });

  it("keeps its cache for the next run of this repository", async () => {
    await install('echo kept > "$FIXPOINT_CACHE/thing"');
    const next = await repository.open({ runId: "run_7_1_9" });
    await workspace.dispose();
    workspace = next;
    expect((await install('cat "$FIXPOINT_CACHE/thing"')).output).toContain("kept\n");
  });

  it("names the hosts that it was refused", async () => {
    const ask =
      'const s = require("node:net").connect(new URL(process.env.HTTPS_PROXY).port, "127.0.0.1", () => s.end("CONNECT evil.invalid:443 HTTP/1.1\\r\\n\\r\\n")); s.resume();';
    const installed = await install(`node -e '${ask}'`);
    expect(installed).toMatchObject({ status: "ready", refusedHosts: ["evil.invalid"] });
  });

  it("without commands is nothing", async () => {
    expect(await install()).toEqual({
      status: "nothing_to_install",
      ms: 0,
      output: "",
      problem: null,
      refusedHosts: [],
      restored: [],
    });
  });
});

describe("a check", () => {
  const proves = (name: string, command: string): Check => ({
    name,
    command,
    purpose: "proves",
    where: "sandbox",
    foundIn: "the test",
  });
  const checks: Check[] = [
    proves("green", "echo \u001b[32mfine\u001b[0m; echo x > src/a.js; cat $WHERE/a.js"),
    proves("red", "echo broken; exit 7"),
    proves("slow", "echo begun; sleep 60"),
    proves("git", "git log --format=%an | wc -l && git status --short"),
    proves("cache", 'test -z "$FIXPOINT_CACHE" && test ! -e /cache'),
    { ...proves("e2e", "true"), where: "ci_only" },
    {
      ...proves("format", ""),
      command:
        "echo formatted > src/a.js; rm gone.txt; echo new > src/new.js; echo {} > package-lock.json; echo '{ }' > package-lock.json; mkdir -p dist .git; echo b > dist/out.js; echo l > x.log; echo k > keep.log; echo m > lib/made; echo z > .git/config; ln -s /etc/passwd evil; chmod +x lib/index.js",
      purpose: "writes",
    },
    { ...proves("half", "echo half > src/a.js; exit 1"), purpose: "writes" },
    {
      ...proves("flood", "i=0; while [ $i -lt 600 ]; do echo $i > f$i; i=$((i+1)); done"),
      purpose: "writes",
    },
  ];
  const runner = (over: Partial<Parameters<typeof createCheckRunner>[0]> = {}) =>
    createCheckRunner({
      sandbox,
      workspace,
      setup: setup(),
      checks,
      env,
      decide: (access, path) => decidePath(access, path, { deny: [], ask: [], private: [] }),
      ...over,
    });

  it("passes or fails by its exit code, and changes nothing", async () => {
    expect(await runner().run("green")).toMatchObject({
      name: "green",
      status: "passed",
      exitCode: 0,
      output: "fine\nx\n",
      changed: [],
    });
    expect(await runner().run("red")).toMatchObject({ status: "failed", exitCode: 7, output: "broken\n" });
    expect(await readFile(join(workspace.root, "src/a.js"), "utf8")).toBe("a\n");
  });

  it("sees the workspace as it stands", async () => {
    await workspace.write("src/a.js", bytes("changed\n"));
    const see = [proves("see", "cat src/a.js")];
    expect((await runner({ checks: see }).run("see")).output).toBe("changed\n");
  });

  it("that takes too long is ended, and says so", async () => {
    const ran = await runner({ limits: { ...defaultLimits, wallMs: 500 } }).run("slow");
    expect(ran).toMatchObject({
      status: "timed_out",
      exitCode: null,
      output: "begun\n\n[It took too long and was ended.]",
    });
  });

  it("gets a synthetic .git when it asks for one, and no cache", async () => {
    expect(await runner().run("git")).toMatchObject({ status: "passed", output: "1\n" });
    expect(await runner().run("cache")).toMatchObject({ status: "passed" });
  });

  it("that only CI can run is left to CI, and one that nobody named is an error", async () => {
    expect(await runner().run("e2e")).toMatchObject({ status: "not_run", exitCode: null });
    await expect(runner().run("deploy")).rejects.toThrow(
      'there is no check "deploy"; the checks are: green, red, ',
    );
  });

  it("that writes has its changes taken over as edits, under policy", async () => {
    const ran = await runner().run("format");
    expect(ran).toMatchObject({
      status: "passed",
      changed: ["gone.txt", "keep.log", "lib/index.js", "src/a.js", "src/new.js"],
    });
    expect(ran.output).toContain(
      "[Not taken: package-lock.json: A lock file decides which code of others is run.]",
    );
    expect(
      workspace.changes().map((change) => [change.kind, change.path, "mode" in change ? change.mode : ""]),
    ).toEqual([
      ["delete", "gone.txt", ""],
      ["write", "keep.log", "100644"],
      ["write", "lib/index.js", "100755"],
      ["write", "src/a.js", "100644"],
      ["write", "src/new.js", "100644"],
    ]);
    expect(existsSync(join(workspace.root, "dist"))).toBe(false);
  });

  it("that writes and fails, or writes too much, changes nothing", async () => {
    expect(await runner().run("half")).toMatchObject({ status: "failed", changed: [] });
    const flood = await runner().run("flood");
    expect(flood).toMatchObject({ changed: [] });
    expect(flood.output).toContain("It changed 600 files");
    expect(workspace.changes()).toEqual([]);
  });

  it("asks a person when the sandbox itself fails, and never runs without", async () => {
    const broken: Sandbox = {
      name: "bwrap",
      probe: async () => ({ ok: false, findings: [] }),
      run: () => Promise.reject(new SandboxFailure("no user namespaces")),
    };
    await expect(runner({ sandbox: broken }).run("green")).rejects.toMatchObject({
      name: "AskPerson",
      reason: "sandbox",
    });
  });

  it("is dropped when the run is told to stop", async () => {
    const stop = new AbortController();
    const running = runner({ signal: stop.signal }).run("slow");
    stop.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
  });

  it("finds its places where there is no sandbox, too", async () => {
    const none = createNoSandbox({ acknowledged: true });
    expect(await runner({ sandbox: none }).run("green")).toMatchObject({
      status: "passed",
      output: "fine\nx\n",
    });
    expect(await readFile(join(workspace.root, "src/a.js"), "utf8")).toBe("a\n");
    expect(await runner({ sandbox: none }).run("git")).toMatchObject({ status: "failed" });
  });
});
