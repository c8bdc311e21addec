import { storeAt } from "./object-store.ts";
import { git, gitText } from "./run.ts";

export type Person = { name: string; email: string; at: Date };

export type Commit = {
  sha: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
};

export type NewCommit = {
  tree: string;
  parents: readonly string[];
  author: Person;
  committer: Person;
  message: string;
  /** an armoured signature, kept in the commit as git does */
  signature?: string;
};

// A line end or an angle bracket inside a name would be read back as another header.
const clean = (value: string): string => value.replace(/[\n\0<>]/g, " ").trim();
const stamp = (person: Person): string =>
  `${clean(person.name)} <${clean(person.email)}> ${Math.floor(person.at.getTime() / 1000)} +0000`;

/** The bytes of a commit object without a signature: what a signature is made over. */
export function commitText(commit: NewCommit): string {
  const head = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${stamp(commit.author)}`,
    `committer ${stamp(commit.committer)}`,
  ];
  return `${head.join("\n")}\n\n${commit.message}`;
}

export async function writeCommit(gitDir: string, commit: NewCommit): Promise<string> {
  const plain = commitText(commit);
  const end = plain.indexOf("\n\n");
  const signed =
    commit.signature === undefined
      ? plain
      : `${plain.slice(0, end)}\ngpgsig ${commit.signature.trimEnd().replaceAll("\n", "\n ")}${plain.slice(end)}`;
  const store = storeAt(gitDir);
  if (store) return store.write("commit", Buffer.from(signed));
  return gitText(gitDir, ["hash-object", "-w", "-t", "commit", "--stdin"], { input: signed });
}

function person(line: string): Person {
  const match = /^(.*?) ?<(.*?)> (-?\d+)/.exec(line);
  return { name: match?.[1] ?? "", email: match?.[2] ?? "", at: new Date(Number(match?.[3] ?? 0) * 1000) };
}

export function parseCommit(sha: string, raw: string): Commit {
  const end = raw.indexOf("\n\n");
  const commit: Commit = {
    sha,
    tree: "",
    parents: [],
    author: person(""),
    committer: person(""),
    message: raw.slice(end + 2),
  };
  for (const line of raw.slice(0, end).split("\n")) {
    const space = line.indexOf(" ");
    const value = line.slice(space + 1);
    switch (line.slice(0, space)) {
      case "tree":
        commit.tree = value;
        break;
      case "parent":
        commit.parents.push(value);
        break;
      case "author":
        commit.author = person(value);
        break;
      case "committer":
        commit.committer = person(value);
        break;
    }
  }
  return commit;
}

/** The bytes of a commit object, signature and all. */
export async function rawCommit(gitDir: string, sha: string): Promise<Buffer> {
  return storeAt(gitDir)?.read(sha, "commit") ?? git(gitDir, ["cat-file", "commit", sha]);
}

export async function readCommit(gitDir: string, sha: string): Promise<Commit> {
  return parseCommit(sha, (await rawCommit(gitDir, sha)).toString("utf8"));
}

/** Reads many commits with one process. */
export async function readCommits(gitDir: string, shas: readonly string[]): Promise<Commit[]> {
  if (shas.length === 0) return [];
  if (storeAt(gitDir)) return Promise.all(shas.map((sha) => readCommit(gitDir, sha)));
  const out = await git(gitDir, ["cat-file", "--batch"], { input: `${shas.join("\n")}\n` });
  const commits: Commit[] = [];
  let at = 0;
  for (const sha of shas) {
    const lineEnd = out.indexOf(10, at);
    const size = Number(out.subarray(at, lineEnd).toString("utf8").split(" ")[2]);
    commits.push(parseCommit(sha, out.subarray(lineEnd + 1, lineEnd + 1 + size).toString("utf8")));
    at = lineEnd + 1 + size + 1;
  }
  return commits;
}
