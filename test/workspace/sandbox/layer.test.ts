import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { layerLimits, readLayer, receiveLayer } from "../../../src/workspace/sandbox/layer.ts";
import type { LayerChange, Sandbox } from "../../../src/workspace/sandbox/sandbox.ts";
import { command, newDirectory, newWorkspace, openSandbox } from "./open-sandbox.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});

const inWords = (changes: readonly LayerChange[] | null | undefined) =>
  changes?.map((change) =>
    change.kind === "delete"
      ? `deleted ${change.path}`
      : `${change.executable ? "program" : "file"} ${change.path}: ${Buffer.from(change.content).toString("utf8")}`,
  );

/** What a command changes, read back from its layer. */
async function collect(files: Readonly<Record<string, string>>, script: string) {
  const workspace = newWorkspace(files);
  const before = listing(workspace);
  const result = await sandbox.run(command(workspace, script, { mode: "collect" }));
  expect(listing(workspace)).toEqual(before);
  return { code: result.code, changes: inWords(result.changes), notes: result.notes };
}

function listing(workspace: string): string[] {
  return readdirSync(workspace, { recursive: true, encoding: "utf8" })
    .sort()
    .map(
      (name) =>
        `${name} ${execFileSync("stat", ["-c", "%a %s %Y %F", join(workspace, name)], { encoding: "utf8" })}`,
    );
}

describe("what a command that writes has changed", () => {
  test("files written, made, emptied, marked executable and deleted", async () => {
    expect(
      await collect(
        { "a.txt": "a", "b.txt": "b", "c.sh": "c", "src/d.txt": "d" },
        "printf changed > a.txt; rm b.txt; chmod +x c.sh; : > src/d.txt; mkdir -p new/deep; printf n > 'new/deep/ü n.txt'; exit 3",
      ),
    ).toEqual({
      code: 3,
      changes: [
        "file a.txt: changed",
        "deleted b.txt",
        "program c.sh: c",
        "file new/deep/ü n.txt: n",
        "file src/d.txt: ",
      ],
      notes: [],
    });
  });

  test("directories deleted, replaced by another directory, by a file, and a file by a directory", async () => {
    expect(
      await collect(
        { "gone/a": "a", "gone/deep/b": "b", "again/old": "o", "again/kept": "k", "flat/x": "x", thing: "t" },
        "rm -rf gone; rm -rf again; mkdir again; printf k > again/kept; printf n > again/new; rm -rf flat; printf f > flat; rm thing; mkdir thing; printf i > thing/inside",
      ),
    ).toEqual({
      code: 0,
      changes: [
        "deleted again/old",
        "file again/new: n",
        "file flat: f",
        "deleted flat/x",
        "deleted gone/a",
        "deleted gone/deep/b",
        "deleted thing",
        "file thing/inside: i",
      ].sort((a, b) => (a.split(/ |:/)[1]! < b.split(/ |:/)[1]! ? -1 : 1)),
      notes: [],
    });
  });

  test("a directory that was renamed is deleted there and written here", async () => {
    expect(await collect({ "old/a": "a", "old/sub/b": "b" }, "mv old new")).toEqual({
      code: 0,
      changes: ["file new/a: a", "file new/sub/b: b", "deleted old/a", "deleted old/sub/b"],
      notes: [],
    });
  });

  test("what was only touched, or written with what it held, is no change; caches and .git never are", async () => {
    expect(
      await collect(
        { "a.txt": "a", "b.txt": "b", "node_modules/m/index.js": "m" },
        "touch a.txt; printf b > b.txt; mkdir -p node_modules/.cache .git src/__pycache__ src/node_modules; echo x > node_modules/.cache/x; echo x > .git/config; echo x > src/__pycache__/x; echo x > src/node_modules/x; rm -rf node_modules/m",
      ),
    ).toEqual({ code: 0, changes: [], notes: [] });
  });

  test("links, pipes and names that are not text are left out with a note, and no link is followed", async () => {
    const { changes, notes } = await collect(
      { "a.txt": "a", "dir/b": "b" },
      "ln -s /etc/passwd passwd; rm a.txt; ln -s /etc/shadow a.txt; mkfifo pipe; printf x > \"$(printf 'line\\nbreak')\"; printf x > \"$(printf 'not\\377text')\"; rm -rf dir; ln -s / dir",
    );
    expect(changes).toEqual([]);
    expect([...(notes ?? [])].sort()).toEqual([
      'A file whose name is not usable was left out: "./line\\nbreak".',
      expect.stringMatching(/^A file whose name is not usable was left out: /),
      "a.txt became a symbolic link; that was left out.",
      "dir became a symbolic link; that was left out.",
      "passwd became a symbolic link; that was left out.",
      "pipe became a special file; that was left out.",
    ]);
  });

  test("hard links come back as files of their own", async () => {
    expect(await collect({}, "printf x > one; ln one two")).toEqual({
      code: 0,
      changes: ["file one: x", "file two: x"],
      notes: [],
    });
  });

  test("too many files or too many bytes, also sparse ones, come back as none at all, with the reason", async () => {
    const tooMuch = {
      code: 0,
      changes: undefined,
      notes: ["The command changed more than 2000 files or 32 MiB, so none of its changes were taken."],
    };
    expect(
      await collect({}, `i=0; while [ $i -le ${layerLimits.files} ]; do : > f$i; i=$((i+1)); done`),
    ).toEqual(tooMuch);
    expect(await collect({}, "truncate -s 400M sparse")).toEqual(tooMuch);
    expect(await collect({}, "head -c 40000000 /dev/zero > big")).toEqual(tooMuch);
  });

  test("a command that was stopped hands back nothing", async () => {
    const workspace = newWorkspace({ "a.txt": "a" });
    const result = await sandbox.run(
      command(workspace, "printf half > a.txt; sleep 20", { mode: "collect", limits: { wallMs: 400 } }),
    );
    expect([result.limit, result.changes]).toEqual(["wall", undefined]);
  });
});

describe("an archive that was made to deceive", () => {
  /** One ustar header, with the fields given and a right checksum (which is not what protects us). */
  function entry(name: string, type: string, content = ""): Buffer {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, "latin1");
    header.write("0000644\0", 100, "latin1");
    header.write(`${Buffer.byteLength(content).toString(8).padStart(11, "0")}\0`, 124, "latin1");
    header.write(type, 156, "latin1");
    header.write("ustar\0" + "00", 257, "latin1");
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
    body.write(content);
    return Buffer.concat([header, body]);
  }
  const end = Buffer.alloc(1024);

  test("names that lead out of the workspace are left out", async () => {
    const outside = newWorkspace({ secret: "secret" });
    const workspace = newWorkspace({});
    symlinkSync(outside, join(workspace, "link"));
    const archive = Buffer.concat([
      ...["../up", "./../up", "/etc/passwd", "a/../../up", "./a/./b", "a//b"].map((name) =>
        entry(name, "0", "x"),
      ),
      entry("./fine", "0", "fine"),
      end,
    ]);
    const { changes, notes } = await readLayer(archive, workspace);
    expect(inWords(changes)).toEqual(["file fine: fine"]);
    expect(notes).toHaveLength(6);
  });

  test("an archive that is cut off, or is none, changes nothing", async () => {
    const workspace = newWorkspace({});
    const whole = Buffer.concat([entry("./a", "0", "x".repeat(600)), end]);
    for (const archive of [
      whole.subarray(0, 700),
      whole.subarray(0, 1536),
      Buffer.from("x".repeat(1024)),
      entry("./p", "x", "9999 path=b\n"),
    ]) {
      expect(await readLayer(archive, workspace)).toEqual({
        changes: null,
        notes: ["What the command changed could not be read, so none of its changes were taken."],
      });
    }
  });

  test("a stream without end is not received to its end", async () => {
    let sent = 0;
    const endless = new Readable({
      read() {
        sent += 1_000_000;
        this.push(Buffer.alloc(1_000_000));
      },
    });
    expect(await receiveLayer(endless)).toBeNull();
    expect(sent).toBeLessThan(layerLimits.bytes * 2);
  });

  test("what the workspace holds under a link of its own is neither read nor listed", async () => {
    const outside = newWorkspace({ "a.txt": "same" });
    const workspace = newDirectory();
    mkdirSync(join(workspace, "dir"));
    symlinkSync(outside, join(workspace, "dir/link"));
    chmodSync(workspace, 0o755);
    writeFileSync(join(workspace, "dir/own"), "own");
    const { changes } = await readLayer(Buffer.concat([entry("./dir", "0", "now a file"), end]), workspace);
    expect(inWords(changes)).toEqual(["file dir: now a file", "deleted dir/link", "deleted dir/own"]);
    expect(readFileSync(join(outside, "a.txt"), "utf8")).toBe("same");
  });
});
