import { execFileSync } from "node:child_process";
import { type Ref, storeAt } from "./object-store.ts";
import { ZERO_SHA } from "./objects.ts";
import { gitEnvironment, gitText, tryGit } from "./run.ts";

const FORMAT = "--format=%(objectname) %(objecttype) %(refname)";

function parseRefs(text: string): Ref[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [sha = "", type = "", name = ""] = line.split(" ");
      return { name, sha, type };
    });
}

/** All refs at once and without waiting, for a snapshot that must not be torn. */
export const listRefsNow = (gitDir: string): Ref[] =>
  storeAt(gitDir)?.refs() ??
  parseRefs(
    execFileSync("git", ["-c", "safe.directory=*", `--git-dir=${gitDir}`, "for-each-ref", FORMAT], {
      env: gitEnvironment(),
      encoding: "utf8",
    }),
  );

/** All refs under a full prefix such as `refs/heads/`, sorted by name. */
export async function listRefs(gitDir: string, prefix: string): Promise<Ref[]> {
  const refs = storeAt(gitDir)?.refs() ?? parseRefs(await gitText(gitDir, ["for-each-ref", FORMAT]));
  return refs.filter((ref) => ref.name.startsWith(prefix));
}

export async function readRef(gitDir: string, name: string): Promise<Ref | null> {
  const refs = storeAt(gitDir)?.refs() ?? parseRefs(await gitText(gitDir, ["for-each-ref", FORMAT, name]));
  return refs.find((ref) => ref.name === name) ?? null;
}

// git-check-ref-format(1), rules 1 to 10.
const badName = /\.\.|@\{|\/\/|\/$|\.$|(^|\/)\.|\.lock(\/|$)|[ ~^:?*[\\\u007f]|[^\u0020-\u{10ffff}]/u;

export const isValidRefName = (name: string): boolean =>
  name.startsWith("refs/") && name.split("/").length >= 3 && !badName.test(name);

/** Moves a ref only when it still stands where the caller saw it. `null` stands for "is not there". False when git refused. */
export async function moveRef(
  gitDir: string,
  name: string,
  to: string | null,
  from: string | null,
): Promise<boolean> {
  const store = storeAt(gitDir);
  if (store) return store.moveRef(name, to, from);
  const old = from ?? ZERO_SHA;
  const args = to === null ? ["update-ref", "-d", name, old] : ["update-ref", name, to, old];
  return (await tryGit([`--git-dir=${gitDir}`, ...args])).code === 0;
}

/** Sets a ref that only the forge writes (`refs/pull/…`). */
export async function setRef(gitDir: string, name: string, to: string): Promise<void> {
  const store = storeAt(gitDir);
  if (store) store.setRef(name, to);
  else await gitText(gitDir, ["update-ref", name, to]);
}
