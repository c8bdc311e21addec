import { type Ref, storeAt } from "./object-store.ts";
import { objectType, ZERO_SHA } from "./objects.ts";
import { refFiles } from "./ref-files.ts";
import { gitText, tryGit } from "./run.ts";

const isCommit = (name: string) => /^refs\/(heads|pull)\//.test(name);

/** All refs at once and without waiting, for a snapshot that must not be torn. */
export function listRefsNow(gitDir: string): { name: string; sha: string }[] {
  return (storeAt(gitDir)?.refs() ?? refFiles(gitDir)).map(({ name, sha }) => ({ name, sha }));
}

/** All refs under a full prefix such as `refs/heads/`, sorted by name. */
export async function listRefs(gitDir: string, prefix: string): Promise<Ref[]> {
  const wanted = ({ name }: { name: string }) => name.startsWith(prefix);
  const store = storeAt(gitDir);
  if (store) return store.refs().filter(wanted);
  const typed = refFiles(gitDir)
    .filter(wanted)
    .map(async ({ name, sha }) => {
      const type = isCommit(name) ? "commit" : await objectType(gitDir, sha);
      return type === null ? [] : [{ name, sha, type }];
    });
  return (await Promise.all(typed)).flat();
}

export async function readRef(gitDir: string, name: string): Promise<Ref | null> {
  return (await listRefs(gitDir, name)).find((ref) => ref.name === name) ?? null;
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
