import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import { createMemoryStore, type Kept, type StoredObject } from "./memory-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { refFiles } from "./ref-files.ts";

/**
 * The object store over the files of a bare repository (gitrepository-layout(5)), which git's own programs serve and write too. To start
 * git takes 20 ms of a process that has grown (measured: the process is copied), and a story would start it a hundred times.
 * Packs are not read: it is for repositories that never get one (`transfer.unpackLimit`).
 */
export function createDiskStore(gitDir: string): ObjectStore {
  return createMemoryStore({ objects: looseObjects(gitDir), refs: looseRefs(gitDir) }, "ask git");
}

function looseObjects(gitDir: string): Kept["objects"] {
  const known = new Map<string, StoredObject>();
  const folder = join(gitDir, "objects");
  const fileOf = (sha: string) => join(folder, sha.slice(0, 2), sha.slice(2));
  return {
    has: (sha) => known.has(sha) || existsSync(fileOf(sha)),
    get(sha) {
      const found = known.get(sha);
      if (found || !existsSync(fileOf(sha))) return found;
      const object = decode(inflateSync(readFileSync(fileOf(sha))));
      known.set(sha, object);
      return object;
    },
    set(sha, object) {
      writeWhole(fileOf(sha), deflateSync(encode(object), { level: 1 }));
      known.set(sha, object);
    },
    *keys(): Generator<string, undefined> {
      for (const start of readdirSync(folder)) {
        if (start.length === 2) for (const rest of readdirSync(join(folder, start))) yield start + rest;
      }
    },
  };
}

function looseRefs(gitDir: string): Kept["refs"] {
  const all = () => new Map(refFiles(gitDir).map(({ name, sha }) => [name, sha]));
  return {
    get: (name) => all().get(name),
    entries: () => all().entries(),
    set: (name, sha) => writeWhole(join(gitDir, name), `${sha}\n`),
    delete(name) {
      rmSync(join(gitDir, name), { force: true });
      removeEmptyFolders(gitDir, dirname(name));
    },
  };
}

/** A folder that is left where a ref is to be would be in its way. */
function removeEmptyFolders(gitDir: string, folder: string): void {
  if (folder.split("/").length < 3 || readdirSync(join(gitDir, folder)).length > 0) return;
  rmdirSync(join(gitDir, folder));
  removeEmptyFolders(gitDir, dirname(folder));
}

/** Whoever reads meanwhile sees the old file or the new one. `.lock` is git's own way: no ref may end so, and git writes nothing that is locked. */
function writeWhole(file: string, content: Buffer | string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.lock`, content, { flag: "wx" });
  renameSync(`${file}.lock`, file);
}

const encode = ({ type, content }: StoredObject): Buffer =>
  Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);

function decode(bytes: Buffer): StoredObject {
  const end = bytes.indexOf(0);
  const [type = ""] = bytes.toString("latin1", 0, end).split(" ");
  return { type: type as StoredObject["type"], content: bytes.subarray(end + 1) };
}
