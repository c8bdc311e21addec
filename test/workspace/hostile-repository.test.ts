import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytes, type LocalRepository, localRepository } from "./local-repository.ts";

let repository: LocalRepository;
let canary: string;
afterEach(() => repository.remove());

/** A script that leaves a trace when anything runs it. */
async function trap(path: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\ntouch ${canary}\ncat\n`);
  await chmod(path, 0o755);
  return path;
}

/** Everything by which a configuration makes git run a program. */
const evilConfig = (program: string, hooks: string) => `
[core]
\tfsmonitor = ${program}
\thooksPath = ${hooks}
\tsshCommand = ${program}
\tgitProxy = ${program}
\tpager = ${program}
\talternateRefsCommand = ${program}
[filter "evil"]
\tclean = ${program}
\tsmudge = ${program}
\tprocess = ${program}
\trequired = true
[diff "evil"]
\tcommand = ${program}
\ttextconv = ${program}
[diff]
\texternal = ${program}
[merge "evil"]
\tdriver = ${program}
[credential]
\thelper = ${program}
[init]
\ttemplateDir = ${hooks}
[safe]
\tdirectory = *
[protocol]
\tallow = always
`;

const everything = async () => {
  const workspace = await repository.open();
  try {
    await workspace.write("a.txt", bytes("changed\n"));
    await workspace.write("new.evil", bytes("new\n"));
    await workspace.lend(async () => undefined);
    const { patch, tree } = await workspace.snapshot();
    await workspace.restore([], () => Promise.reject(new Error("nothing is loaded")));
    return { patch, tree };
  } finally {
    await workspace.dispose();
  }
};

describe("a hostile configuration", () => {
  beforeEach(async () => {
    repository = await localRepository({
      "a.txt": "a\n",
      "b.evil": "b\n",
      ".gitattributes": "* filter=evil diff=evil merge=evil\n",
    });
    canary = join(repository.home, "canary");
  });

  it("of the user or in a template runs nothing, though plain git obeys it", async () => {
    const hooks = join(repository.home, "hooks");
    await mkdir(join(hooks, "hooks"), { recursive: true });
    const program = await trap(join(repository.home, "program"));
    for (const name of ["post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"]) {
      await trap(join(hooks, name));
      await trap(join(hooks, "hooks", name));
    }
    const home = join(repository.home, "git-home");
    await writeFile(join(home, ".gitconfig"), evilConfig(program, hooks));
    await mkdir(join(home, "git"));
    await writeFile(join(home, "git", "config"), evilConfig(program, hooks));
    const { patch } = await everything();
    expect(patch).toContain("+changed");
    expect(existsSync(canary)).toBe(false);

    const env = { PATH: process.env["PATH"] ?? "", HOME: home, XDG_CONFIG_HOME: home };
    spawnSync("git", ["-C", repository.upstream, "status"], { env });
    expect(existsSync(canary)).toBe(true);
  });
});

describe("a directory that untrusted code has written", () => {
  it("is never looked at by git: no monitor, hook, filter or nested repository of it runs", async () => {
    repository = await localRepository({ "a.txt": "a\n", "sub/b.txt": "b\n" });
    canary = join(repository.home, "canary");
    const workspace = await repository.open();
    const { root } = workspace;
    const program = await trap(join(repository.home, "program"));
    await workspace.lend(async () => {
      for (const place of [root, join(root, "sub"), join(root, "nested")]) {
        execFileSync("git", ["init", "--quiet", place]);
        await writeFile(join(place, ".git", "config"), evilConfig(program, join(root, ".git", "hooks")));
        await trap(join(place, ".git", "hooks", "post-checkout"));
        await trap(join(place, ".git", "hooks", "reference-transaction"));
        await writeFile(join(place, ".gitattributes"), "* filter=evil diff=evil\n");
      }
    });
    await workspace.write("a.txt", bytes("changed\n"));
    await workspace.write("sub/new.txt", bytes("new\n"));
    const { patch } = await workspace.snapshot();
    await workspace.restore([], () => Promise.reject(new Error("nothing is loaded")));
    expect(patch).toContain("+changed");
    expect(patch).not.toContain(".gitattributes");
    expect(existsSync(canary)).toBe(false);
    spawnSync("git", ["-C", root, "status"]);
    expect(existsSync(canary)).toBe(true);
    await workspace.dispose();
  });

  it("may hold closed directories and a thousand levels, and is removed all the same", async () => {
    repository = await localRepository({ "a.txt": "a\n", "sub/b.txt": "b\n" });
    const workspace = await repository.open();
    const { restored } = await workspace.lend(async () => {
      const deep = join(workspace.root, ...Array.from({ length: 300 }, () => "d"));
      await mkdir(deep, { recursive: true });
      await writeFile(join(deep, "x"), "x");
      await chmod(join(workspace.root, "sub"), 0o000);
      await chmod(join(workspace.root, "d"), 0o000);
    });
    expect(restored).toEqual([]);
    expect((await workspace.read("sub/b.txt"))?.bytes.toString()).toBe("b\n");
    await workspace.dispose();
    expect(await readdir(join(repository.home, "work"))).toEqual([]);
  });
});

describe("a hostile tree", () => {
  const blob = (content: string) =>
    execFileSync("git", ["-C", repository.upstream, "hash-object", "-w", "--stdin"], {
      input: content,
      encoding: "utf8",
    }).trim();
  /** Writes a tree object as it is, past all of git's own checks. */
  const rawTree = (entries: readonly (readonly [mode: string, name: string, id: string])[]) => {
    const content = Buffer.concat(
      entries.map(([mode, name, id]) =>
        Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]),
      ),
    );
    return execFileSync(
      "git",
      ["-C", repository.upstream, "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
      {
        input: content,
        encoding: "utf8",
      },
    ).trim();
  };
  const commitTree = (tree: string) => repository.run("commit-tree", "-m", "evil", tree);

  beforeEach(async () => {
    repository = await localRepository({ "a.txt": "a\n" });
    repository.run("config", "uploadpack.allowAnySHA1InWant", "true");
  });

  it.for([
    [".git", "40000"],
    [".GIT", "40000"],
    ["git~1", "40000"],
    [".g\u200cit", "40000"],
    ["..", "40000"],
    [".gitmodules", "120000"],
  ] as const)("with %s in it is refused before anything is written", async ([name, mode]) => {
    const inner = rawTree([["100644", "config", blob("[core]\n")]]);
    const sha = commitTree(rawTree([[mode, name, mode === "40000" ? inner : blob("/etc/passwd")]]));
    await expect(repository.open({ sha })).rejects.toMatchObject({ name: "AskPerson", reason: "github" });
    expect(existsSync(join(repository.home, "work"))).toBe(false);
  });

  it("whose submodule names an option or a path is refused", async () => {
    const modules = '[submodule "x"]\n\tpath = x\n\turl = -u./evil\n';
    const sha = commitTree(
      rawTree([
        ["100644", ".gitmodules", blob(modules)],
        ["160000", "x", repository.sha],
      ]),
    );
    await expect(repository.open({ sha })).rejects.toMatchObject({ name: "AskPerson" });
  });

  it("with a submodule is taken without it", async () => {
    const sha = commitTree(
      rawTree([
        ["100644", "a.txt", blob("a\n")],
        ["160000", "module", repository.sha],
      ]),
    );
    const workspace = await repository.open({ sha });
    expect(await workspace.list()).toEqual(["a.txt"]);
    await expect(workspace.write("module/x", bytes("x"))).rejects.toThrow("not part of the repository");
    await expect(workspace.write("module", bytes("x"))).rejects.toThrow("submodule");
    await workspace.dispose();
  });

  it("with names that no tool accepts is taken, and they stay out of sight and as they are", async () => {
    const names = ["back\\slash", "bell\u0007", "new\nline", "\u202egpj.exe"];
    const files = Object.fromEntries(names.map((name) => [name, "x\n"]));
    const sha = await repository.commit({ "good.txt": "x\n", ...files });
    const workspace = await repository.open({ sha });
    expect(await workspace.list()).toEqual(["a.txt", "good.txt"]);
    for (const name of names)
      await expect(workspace.read(name)).rejects.toThrow(/backslash|control character/);
    await workspace.write("good.txt", bytes("y\n"));
    const { tree } = await workspace.snapshot();
    const inTree = await repository.git(["ls-tree", "-z", "--name-only", tree], {
      gitDir: join(repository.home, "cache/3-7.git"),
    });
    expect(new Set(inTree.toString("utf8").split("\0"))).toEqual(
      new Set(["a.txt", "good.txt", ...names, ""]),
    );
    await workspace.dispose();
  });

  it("with an embedded bare repository is content like any other", async () => {
    canary = join(repository.home, "canary");
    const program = await trap(join(repository.home, "program"));
    const sha = await repository.commit({
      "bare/HEAD": "ref: refs/heads/main\n",
      "bare/config": evilConfig(program, repository.home),
      "bare/objects/x": "x\n",
      "bare/refs/x": "x\n",
    });
    const workspace = await repository.open({ sha });
    await workspace.write("bare/new.txt", bytes("new\n"));
    expect((await workspace.snapshot()).patch).toContain("bare/new.txt");
    await workspace.dispose();
    expect(existsSync(canary)).toBe(false);
  });
});
