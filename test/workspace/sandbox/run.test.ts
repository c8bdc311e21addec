import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Sandbox } from "../../../src/workspace/sandbox/sandbox.ts";
import { command, copyOfBubblewrap, newDirectory, newWorkspace, openSandbox } from "./open-sandbox.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
const isRoot = process.geteuid?.() === 0;

test("a command sees the workspace, a clean environment and a name of its own", async () => {
  const workspace = newWorkspace({ "a.txt": "hello\n", "src/b.txt": "b\n" });
  const result = await sandbox.run(
    command(workspace, "pwd; id -un; env | sort; cat b.txt ../a.txt; hostname", {
      cwd: "src",
      env: { COLOUR: "blue" },
    }),
  );
  expect(result).toEqual({
    code: 0,
    signal: null,
    stdout: `/workspace/src
agent
CI=1
COLOUR=blue
HOME=/home/agent
LANG=C.UTF-8
PATH=${/^PATH=(.*)$/m.exec(result.stdout)?.[1]}
PWD=/workspace/src
TMPDIR=/tmp
b
hello
sandbox
`,
    stderr: "",
    output: result.stdout,
    truncated: false,
    ms: expect.any(Number),
  });
});

test("what a check writes is thrown away, and the workspace stays as it was", async () => {
  const workspace = newWorkspace({ "a.txt": "before\n", "dir/b.txt": "b\n" });
  const before = statSync(join(workspace, "a.txt")).mtimeMs;
  const result = await sandbox.run(
    command(
      workspace,
      "echo after > a.txt; rm -rf dir; mkdir dir; echo new > dir/c.txt; cat a.txt dir/c.txt",
    ),
  );
  expect([result.code, result.stdout]).toEqual([0, "after\nnew\n"]);
  expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("before\n");
  expect(statSync(join(workspace, "a.txt")).mtimeMs).toBe(before);
  expect(readdirSync(join(workspace, "dir"))).toEqual(["b.txt"]);
});

test("installing writes into the workspace and into the repository's cache, and only there", async () => {
  const workspace = newWorkspace({ "a.txt": "a\n" });
  const cache = join(newDirectory(), "made/when/needed");
  const result = await sandbox.run(
    command(workspace, "echo in > installed; echo cached > /cache/entry; echo x > /elsewhere", {
      mode: "persist",
      caches: [{ from: cache, to: "/cache" }],
    }),
  );
  expect(result.stderr).toContain("/elsewhere");
  expect(readFileSync(join(workspace, "installed"), "utf8")).toBe("in\n");
  expect(readFileSync(join(cache, "entry"), "utf8")).toBe("cached\n");
  const again = await sandbox.run(command(workspace, "cat installed; echo more >> installed"));
  expect([again.stdout, readFileSync(join(workspace, "installed"), "utf8")]).toEqual(["in\n", "in\n"]);
});

test("a read-only mount can be read and not written", async () => {
  const shared = newWorkspace({ "module/index.js": "module.exports = 1;\n" });
  chmodSync(shared, 0o755);
  const result = await sandbox.run(
    command(newWorkspace({}), "cat node_modules/module/index.js; echo x > node_modules/module/index.js", {
      readOnly: [{ from: shared, to: "/workspace/node_modules" }],
    }),
  );
  expect([result.stdout, result.code]).toEqual(["module.exports = 1;\n", 2]);
  expect(readFileSync(join(shared, "module/index.js"), "utf8")).toBe("module.exports = 1;\n");
});

test("node runs, with worker threads and child processes", async () => {
  const script = `
    const { Worker } = require("node:worker_threads");
    new Worker("require('node:worker_threads').parentPort.postMessage(require('node:child_process').execFileSync('echo', ['from a child']).toString())", { eval: true })
      .on("message", (text) => console.log(require("node:os").userInfo().username, text.trim()));`;
  const result = await sandbox.run(command(newWorkspace({}), "", { argv: ["node", "-e", script] }));
  expect([result.stdout, result.stderr]).toEqual(["agent from a child\n", ""]);
});

test("a command that does not exist is a failed command, not a failed sandbox", async () => {
  const result = await sandbox.run(command(newWorkspace({}), "", { argv: ["no-such-program"] }));
  expect([result.code, result.stderr]).toEqual([127, expect.stringContaining("no-such-program")]);
});

test("a workspace that is not there is a failure of ours", async () => {
  await expect(sandbox.run(command("/no/such/workspace", "true"))).rejects.toThrow();
});

describe("limits", () => {
  test("the time-out ends the command with all that it started", async () => {
    const started = performance.now();
    const result = await sandbox.run(
      command(
        newWorkspace({}),
        "echo begun; trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 30' & sleep 30",
        {
          limits: { wallMs: 1_500 },
        },
      ),
    );
    expect(result).toEqual({
      code: null,
      signal: "SIGKILL",
      stdout: "begun\n",
      stderr: "",
      output: "begun\n",
      truncated: false,
      ms: expect.any(Number),
      limit: "wall",
    });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test("an abort ends the command, and one before the start lets nothing run", async () => {
    const stop = new AbortController();
    const workspace = newWorkspace({});
    const running = sandbox.run(
      command(workspace, "touch begun; sleep 30", { mode: "persist", signal: stop.signal }),
    );
    while (!existsSync(join(workspace, "begun"))) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect(await running).toMatchObject({ code: null, limit: "aborted" });
    await expect(
      sandbox.run(command(workspace, "touch ran", { mode: "persist", signal: stop.signal })),
    ).rejects.toThrow();
    expect(existsSync(join(workspace, "ran"))).toBe(false);
  });

  test("memory of all processes together is bounded", async () => {
    const eat = `node -e 'const b = Buffer.alloc(120 * 2**20).fill(1); setTimeout(() => console.log(b.length), 20000)'`;
    const result = await sandbox.run(
      command(newWorkspace({}), `${eat} & ${eat} & ${eat} & wait`, {
        limits: { memoryBytes: 256 * 2 ** 20 },
      }),
    );
    expect([result.limit, result.stdout]).toEqual(["memory", ""]);
  });

  test.each([
    ["cpu", "while :; do :; done", { cpuSeconds: 1 }],
    ["disk", "head -c 20000000 /dev/zero > big", { fileBytes: 1_000_000 }],
    ["disk", "head -c 20000000 /dev/zero > big", { diskBytes: 4_000_000 }],
    ["processes", "for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; wait", { processes: 6 }],
  ] as const)("a command that fails at the limit of %s says so: %s", async (limit, script, limits) => {
    const result = await sandbox.run(command(newWorkspace({}), script, { limits }));
    expect(result.limit).toBe(limit);
    expect(result.code).not.toBe(0);
  });

  test("of a long output the head and the tail are kept", async () => {
    const result = await sandbox.run(
      command(
        newWorkspace({}),
        "echo first; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last",
        {
          limits: { outputBytes: 2_000 },
        },
      ),
    );
    expect(result.truncated).toBe(true);
    expect(result.stdout).toMatch(/^first\nline 0\n.*\n\[… \d+ bytes left out …\]\n.*line 19999\nlast\n$/s);
    expect(result.stdout.length).toBeLessThan(2_100);
  });
});

describe("where the kernel's overlay cannot replace a directory", () => {
  test("a check gets a copy instead, within the same limits, and every attack still fails", async () => {
    const copying = await openSandbox({ layerBy: "copy" });
    const workspace = newWorkspace({ "a.txt": "a\n", "dir/b": "b\n" });
    symlinkSync("/etc/passwd", join(workspace, "link"));
    const result = await copying.run(
      command(
        workspace,
        "echo x >> a.txt; rm -r dir; mkdir dir; echo c > dir/c; cat a.txt dir/c; readlink link; git log --format=%s",
        { git: "synthetic" },
      ),
    );
    expect([result.stdout, result.stderr]).toEqual(["a\nx\nc\n/etc/passwd\nworkspace\n", ""]);
    expect([readFileSync(join(workspace, "a.txt"), "utf8"), readdirSync(join(workspace, "dir"))]).toEqual([
      "a\n",
      ["b"],
    ]);
    expect((await copying.probe()).findings.filter((finding) => finding.outcome === "broken")).toEqual([]);
  });
});

test("nothing is mounted on a link that the repository put there", async () => {
  const workspace = newWorkspace({});
  symlinkSync("/usr", join(workspace, ".git"));
  symlinkSync("/usr", join(workspace, "link"));
  await expect(sandbox.run(command(workspace, "true", { git: "synthetic" }))).rejects.toThrow(
    "/workspace/.git is a symbolic link in the workspace",
  );
  await expect(
    sandbox.run(command(workspace, "true", { readOnly: [{ from: workspace, to: "/workspace/link/share" }] })),
  ).rejects.toThrow("/workspace/link/share is a symbolic link in the workspace");
});

describe("git", () => {
  test("a synthetic repository holds one commit of the workspace, cannot be written, and leaves no trace", async () => {
    const workspace = newWorkspace({
      "a.txt": "a\n",
      "b/c.txt": "c\n",
      "node_modules/x": "x",
      ".gitattributes": "*.txt filter=evil\n",
    });
    const result = await sandbox.run(
      command(
        workspace,
        "git log --format=%s; git ls-files; git status --short; echo more >> a.txt; git status --short; echo x > .git/HEAD",
        { git: "synthetic" },
      ),
    );
    expect(result.stdout).toBe("workspace\n.gitattributes\na.txt\nb/c.txt\n M a.txt\n");
    expect(result.stderr).toContain("Read-only file system");
    expect(existsSync(join(workspace, ".git"))).toBe(false);
  });

  test("without it there is no repository, not even one of the host above the workspace", async () => {
    const outer = newWorkspace({ "inner/a.txt": "a\n" });
    execFileSync("git", ["init", "-q", outer]);
    const result = await sandbox.run(command(join(outer, "inner"), "git status"));
    expect([result.code, result.stderr]).toEqual([128, expect.stringContaining("not a git repository")]);
  });
});

describe("where things lie on the host", () => {
  test("paths with colons, commas, quotes and spaces work", async () => {
    const parent = join(newDirectory(), "a:b,c 'd\" $(e)\\");
    mkdirSync(parent);
    const odd = await openSandbox({ scratchDir: join(parent, "scratch") });
    const workspace = newWorkspace({ "a.txt": "odd\n" }, parent);
    const shared = newWorkspace({ x: "cached\n" }, parent);
    chmodSync(shared, 0o755);
    const result = await odd.run(
      command(workspace, "cat a.txt; echo x >> a.txt; cat /cache/x", {
        readOnly: [{ from: shared, to: "/cache" }],
      }),
    );
    expect([result.stdout, result.code]).toEqual(["odd\ncached\n", 0]);
  });

  test.runIf(isRoot)(
    "a workspace, a cache and bwrap itself below a directory closed to others work",
    async () => {
      const closed = newDirectory();
      chmodSync(closed, 0o700);
      const own = await openSandbox({
        ...(await copyOfBubblewrap(closed)),
        scratchDir: join(closed, "scratch"),
      });
      const workspace = newWorkspace({ "a.txt": "closed\n" }, closed);
      const result = await own.run(
        command(workspace, "cat a.txt; echo new > /cache/entry; cat /cache/entry", {
          mode: "persist",
          caches: [{ from: join(closed, "cache"), to: "/cache" }],
        }),
      );
      expect([result.stdout, result.stderr]).toEqual(["closed\nnew\n", ""]);
    },
  );

  test.runIf(isRoot)(
    "files of another owner and group can be changed in the layer, and a link in the workspace changes nobody else's owner",
    async () => {
      const workspace = newWorkspace({ "a.txt": "a\n", "b.txt": "b\n" });
      const outside = newWorkspace({ "mine.txt": "mine\n" });
      chownSync(join(workspace, "a.txt"), 12_345, 54_321);
      chownSync(join(workspace, "b.txt"), 65_534, 54_321);
      symlinkSync(outside, join(workspace, "link"));
      const result = await sandbox.run(
        command(workspace, "echo x >> a.txt && echo x >> b.txt && cat a.txt b.txt"),
      );
      expect([result.stdout, result.stderr]).toEqual(["a\nx\nb\nx\n", ""]);
      expect([statSync(outside).uid, statSync(join(outside, "mine.txt")).uid]).toEqual([0, 0]);
    },
  );

  test("programs outside /usr run when their directory is shown", async () => {
    const tools = newDirectory();
    chmodSync(tools, 0o755);
    mkdirSync(join(tools, "bin"));
    writeFileSync(join(tools, "bin/greet"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
    const withTools = await openSandbox({ toolchains: [tools, "/no/such/directory"] });
    const env = { PATH: `${tools}/bin:/usr/bin:/bin` };
    const seen = await withTools.run(
      command(newWorkspace({}), `greet; echo x >> ${tools}/bin/greet`, { env }),
    );
    const unseen = await sandbox.run(command(newWorkspace({}), "greet", { env }));
    expect([seen.stdout, unseen.code]).toEqual(["hello\n", 127]);
    expect(readFileSync(join(tools, "bin/greet"), "utf8")).toBe("#!/bin/sh\necho hello\n");
  });
});

test.runIf(existsSync("/dev/shm"))("a workspace on a tmpfs works as one on a disk", async () => {
  const onTmpfs = await openSandbox({ scratchDir: newDirectory("/dev/shm") });
  const workspace = newWorkspace({ "a.txt": "a\n", "dir/b": "b\n" }, "/dev/shm");
  const result = await onTmpfs.run(
    command(workspace, "echo x >> a.txt; rm -r dir; mkdir dir; ls -A dir; cat a.txt"),
  );
  expect([result.stdout, result.stderr, readFileSync(join(workspace, "a.txt"), "utf8")]).toEqual([
    "a\nx\n",
    "",
    "a\n",
  ]);
});

test("several commands share one workspace at the same time", async () => {
  const workspace = newWorkspace({ "a.txt": "a\n" });
  const results = await Promise.all(
    [1, 2, 3, 4].map((n) => sandbox.run(command(workspace, `echo ${n} >> a.txt; sleep 0.1; cat a.txt`))),
  );
  expect(results.map((result) => result.stdout)).toEqual([1, 2, 3, 4].map((n) => `a\n${n}\n`));
});
