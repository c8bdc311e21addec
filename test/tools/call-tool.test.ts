import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import { planningTools } from "../../src/tools/index.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { bytes, type LocalRepository, localRepository } from "../workspace/local-repository.ts";
import { checkRun, toolContext } from "./tool-context.ts";

let repository: LocalRepository;
let workspace: Workspace;
beforeAll(async () => {
  const lines = Array.from({ length: 900 }, (_, index) => `line ${index + 1}\n`).join("");
  repository = await localRepository({
    "src/add.js": "export function add(a, b) {\n  return a - b;\n}\n",
    "src/dos.js": "one\r\ntwo\r\nthree\r\n",
    "src/latin.txt": new Uint8Array([0x63, 0x61, 0x66, 0xe9, 0x0a]),
    "docs/long.md": lines,
    "secret/keys.txt": "add = hunter2\n",
    "bin/run": { script: "#!/bin/sh\necho add\n" },
    "blob.bin": new Uint8Array([97, 100, 100, 0, 1, 2]),
    "huge.txt": `add\n${"x".repeat(1_100_000)}\n`,
    link: { link: "secret/keys.txt" },
    "-": "add\n",
    ".github/workflows/ci.yml": "on: push\n",
    "package-lock.json": "{}\n",
  });
});
afterAll(() => repository.remove());
beforeEach(async () => {
  workspace = await repository.open();
});
afterEach(() => workspace.dispose());

describe("list_files", () => {
  it("lists a folder, and leaves out what is private", async () => {
    const { call } = toolContext(workspace, { private: ["secret/"] });
    expect(await call("list_files", { path: "src" })).toEqual({
      status: "ok",
      text: "src/add.js\nsrc/dos.js\nsrc/latin.txt",
      paths: ["src"],
    });
    expect((await call("list_files", { path: "secret" })).text).toBe("There are no files below secret.");
  });

  it("sums up what is too much for one answer", async () => {
    const files = [
      ...Array.from({ length: 450 }, (_, index) => `many/${index % 9}/${index}.txt`),
      "README.md",
    ];
    const { call } = toolContext({ ...workspace, list: async () => files });
    expect((await call("list_files", {})).text).toBe(
      "451 files below the repository; list a folder to see more:\nmany/ (450 files)\nREADME.md",
    );
    expect((await call("list_files", { path: "many/" })).text).toContain("many/3/ (50 files)");
  });
});

describe("read_file", () => {
  it("numbers the lines and says what else there is", async () => {
    const { call, context } = toolContext(workspace);
    expect(await call("read_file", { path: "./docs/long.md", from: "899" })).toEqual({
      status: "ok",
      text: "docs/long.md, lines 899-900 of 900\n899|line 899\n900|line 900",
      paths: ["docs/long.md"],
    });
    const whole = await call("read_file", { path: "docs/long.md" });
    expect(whole.text.split("\n")[0]).toBe("docs/long.md, lines 1-400 of 900; more follows");
    expect((await call("read_file", { path: "src/dos.js", from: 2, to: 2 })).text).toBe(
      "src/dos.js, lines 2-2 of 3; more follows; CRLF line endings\n2|two",
    );
    expect([...context.seen.keys()]).toEqual(["docs/long.md", "src/dos.js"]);
  });

  it("refuses what is private, links, binaries and what is not there", async () => {
    const { call, context, refused } = toolContext(workspace, { private: ["secret/**"] });
    const say = async (path: string) => {
      const { status, text } = await call("read_file", { path });
      return `${status}: ${text}`;
    };
    const paths = [
      "secret/keys.txt",
      "./secret//keys.txt",
      "link",
      "blob.bin",
      "huge.txt",
      "../x",
      ".git/config",
      "gone",
    ];
    expect(await Promise.all(paths.map(say))).toMatchInlineSnapshot(`
      [
        "refused: secret/keys.txt may not be read: The repository keeps it from model providers.",
        "refused: secret/keys.txt may not be read: The repository keeps it from model providers.",
        "refused: link is a symbolic link; links are not followed.",
        "refused: blob.bin is a binary file (6 bytes); only text is read.",
        "refused: huge.txt has 1100005 bytes; files over 1000000 bytes are not read.",
        "refused: ../x leaves the repository; ".." is not allowed in a path.",
        "refused: .git/config names Git's own directory, which is not content.",
        "failed: There is no file gone.",
      ]
    `);
    expect(context.seen.size).toBe(0);
    expect(refused).toEqual(["read ../x", "read .git/config"]);
  });
});

describe("search_code", () => {
  it("finds lines in tracked and new files only, grouped by file", async () => {
    const { call } = toolContext(workspace, { private: ["secret/"] });
    await writeFile(join(workspace.root, "made-by-setup.js"), "add\n");
    await workspace.write("src/new.js", bytes("add(1, 2)\n"));
    await workspace.remove("bin/run");
    expect(await call("search_code", { pattern: "\\badd\\b", path: null })).toEqual({
      status: "ok",
      text: "-\n1|add\nhuge.txt\n1|add\nsrc/add.js\n1|export function add(a, b) {\nsrc/new.js\n1|add(1, 2)",
      paths: ["-", "huge.txt", "src/add.js", "src/new.js"],
    });
    expect((await call("search_code", { pattern: "add", path: "src/new.js" })).text).toBe(
      "src/new.js\n1|add(1, 2)",
    );
  });

  it("takes a malformed pattern as plain text, and repeats without case", async () => {
    const { call } = toolContext(workspace);
    expect((await call("search_code", { pattern: "add(a" })).text).toBe(
      "The pattern is no valid regular expression; searched for it as plain text.\nsrc/add.js\n1|export function add(a, b) {",
    );
    expect((await call("search_code", { pattern: "EXPORT" })).text).toBe(
      "No match in this case; ignoring case:\nsrc/add.js\n1|export function add(a, b) {",
    );
    expect((await call("search_code", { pattern: "nowhere to be found" })).text).toBe(
      "No match in 11 files.",
    );
  });

  it("is bounded, whatever it finds", async () => {
    const { call } = toolContext(workspace);
    const { text } = await call("search_code", { pattern: "(x+x+)+y|line|x" });
    expect(text.split("\n").length).toBeLessThan(200);
    expect(text.length).toBeLessThan(24_100);
    expect(text).toContain("docs/long.md (its first 50 matches)\n");
  });
});

describe("edit_file", () => {
  it("changes a file that was read, and shows the new lines", async () => {
    const { call, context } = toolContext(workspace);
    await call("read_file", { path: "src/add.js" });
    const edit = { old: "return a - b;", new: "return a + b;", replace_all: null };
    expect(await call("edit_file", { path: "src/add.js", edits: [edit] })).toEqual({
      status: "ok",
      text: "Edited src/add.js.\n1|export function add(a, b) {\n2|  return a + b;\n3|}",
      paths: ["src/add.js"],
    });
    expect(workspace.changes()).toMatchObject([{ kind: "write", path: "src/add.js", mode: "100644" }]);
    const again = await call("edit_file", {
      path: "src/add.js",
      edits: [{ ...edit, old: "a + b", new: "b + a" }],
    });
    expect(again.status).toBe("ok");
    expect(context.runCheck).not.toHaveBeenCalled();
  });

  it("runs the check afterwards and returns both", async () => {
    const { call, runCheck } = toolContext(workspace);
    runCheck.mockImplementation(async (name) => {
      expect(await readFile(join(workspace.root, "src/add.js"), "utf8")).toContain("a + b");
      return checkRun(name, { status: "failed", exitCode: 1 }, "1 test failed\n");
    });
    await call("read_file", { path: "src/add.js" });
    const edits = [{ old: "a - b", new: "a + b" }];
    const result = await call("edit_file", { path: "src/add.js", edits, check: "test" });
    expect(result.text).toBe(
      "Edited src/add.js.\n1|export function add(a, b) {\n2|  return a + b;\n3|}\n\nCheck test failed (exit code 1, 1.2 s).\n1 test failed",
    );
    expect(result).toMatchObject({ status: "ok", check: { result: { name: "test", status: "failed" } } });
  });

  it("keeps the edit when the check cannot be run", async () => {
    const { call, runCheck } = toolContext(workspace);
    runCheck.mockRejectedValue(new Error('there is no check "tset"'));
    const result = await call("create_file", { path: "a.txt", content: "a\n", check: "tset" });
    expect(result).toMatchObject({
      status: "ok",
      text: 'Created a.txt (1 lines).\n\nThe check tset did not run: there is no check "tset"',
    });
  });

  it("asks to read first, and shows the place at once", async () => {
    const { call } = toolContext(workspace);
    const call_ = () =>
      call("edit_file", { path: "src/add.js", edits: [{ old: "return a-b;", new: "return a+b;" }] });
    expect(await call_()).toEqual({
      status: "refused",
      text: "You have not read src/add.js yet. Nothing was changed. Around there it reads:\n1|export function add(a, b) {\n2|  return a - b;\n3|}",
      paths: ["src/add.js"],
    });
    expect((await call_()).status).toBe("failed");
    await workspace.write("src/add.js", bytes("other\n"));
    expect((await call_()).text).toContain("src/add.js has changed since you read it.");
    expect(workspace.changes()).toHaveLength(1);
  });

  it("helps more with each failure, and at the third shows the region with advice", async () => {
    const { call } = toolContext(workspace);
    await call("read_file", { path: "docs/long.md" });
    const wrong = { path: "docs/long.md", edits: [{ old: "line 450\nline 452", new: "x" }] };
    const first = await call("edit_file", wrong);
    expect(first.text).toMatchInlineSnapshot(`
      "docs/long.md was not changed. The edit: its old text is not in the file. The closest lines are:
      445|line 445
      446|line 446
      447|line 447
      448|line 448
      449|line 449
      450|line 450
      451|line 451
      452|line 452
      453|line 453
      454|line 454
      455|line 455
      456|line 456"
    `);
    await call("edit_file", { ...wrong, edits: [{ old: "445|line 445", new: "x" }] }).then((second) =>
      expect(second.text).toContain("The line numbers of read_file (12|) are not in the file"),
    );
    const third = await call("edit_file", { ...wrong, edits: [{ old: "line 45", new: "x" }] });
    expect(third.text).toMatchInlineSnapshot(`
      "docs/long.md was not changed. The edit fits 11 places (lines 45, 450, 451, 452, 453, 454, 455, 456, 457, 458, 459); add lines to old until it fits one, or set replace_all.
      This file was missed 3 times. Copy old from the lines above without their numbers, replace a larger block, or delete the file and create it anew."
    `);
    expect(workspace.changes()).toEqual([]);
  });

  it("keeps mode and CRLF, and leaves other encodings alone", async () => {
    const { call } = toolContext(workspace);
    for (const path of ["bin/run", "src/dos.js", "src/latin.txt"]) await call("read_file", { path });
    await call("edit_file", { path: "bin/run", edits: [{ old: "echo add", new: "echo sum" }] });
    await call("edit_file", { path: "src/dos.js", edits: [{ old: "two\n", new: "2\n2b\n" }] });
    const latin = await call("edit_file", { path: "src/latin.txt", edits: [{ old: "caf", new: "x" }] });
    expect(latin).toMatchObject({
      status: "refused",
      text: "src/latin.txt is not UTF-8 text and is not edited.",
    });
    expect((await stat(join(workspace.root, "bin/run"))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(workspace.root, "src/dos.js"), "utf8")).toBe("one\r\n2\r\n2b\r\nthree\r\n");
    expect(workspace.changes()).toMatchObject([{ path: "bin/run", mode: "100755" }, { path: "src/dos.js" }]);
  });

  it("refuses what policy denies or a person must approve, in every spelling", async () => {
    const { call } = toolContext(workspace, { deny: ["src/"] });
    const edits = [{ old: "{}", new: "[]" }];
    const paths = [
      ".github/workflows/ci.yml",
      "./.github//workflows/ci.yml",
      "package-lock.json",
      "src/add.js",
      "link",
    ];
    const results = await Promise.all(paths.map((path) => call("edit_file", { path, edits })));
    expect(results.map((result) => `${result.status}: ${result.text}`)).toMatchInlineSnapshot(`
      [
        "refused: .github/workflows/ci.yml may not be changed: Workflow files decide what CI proves, and the App has no permission to change them.",
        "refused: .github/workflows/ci.yml may not be changed: Workflow files decide what CI proves, and the App has no permission to change them.",
        "refused: package-lock.json may only be changed after a person has approved it: A lock file decides which code of others is run. Leave it, and say in your summary what is needed.",
        "refused: src/add.js may not be changed: The repository's own rules forbid changing it.",
        "refused: link is a symbolic link; links are not followed.",
      ]
    `);
    expect(workspace.changes()).toEqual([]);
  });
});

describe("create_file and delete_file", () => {
  it("make and remove, and refuse to overwrite", async () => {
    const { call } = toolContext(workspace);
    expect((await call("create_file", { path: "src/new.js", content: "a\nb\n" })).text).toBe(
      "Created src/new.js (2 lines).",
    );
    expect((await call("create_file", { path: "src/add.js", content: "" })).text).toBe(
      "src/add.js exists already; change it with edit_file.",
    );
    expect((await call("edit_file", { path: "src/new.js", edits: [{ old: "b", new: "c" }] })).status).toBe(
      "ok",
    );
    expect((await call("delete_file", { path: "src/add.js" })).text).toBe("Deleted src/add.js.");
    expect((await call("delete_file", { path: "src/add.js" })).text).toBe(
      "src/add.js is not a file of the repository.",
    );
    expect(workspace.changes().map(({ kind, path }) => [kind, path])).toEqual([
      ["delete", "src/add.js"],
      ["write", "src/new.js"],
    ]);
  });
});

describe("a call", () => {
  it.for([
    ["rm_rf", "{}"],
    ["read_file", '{"path": "a'],
    ["read_file", "[]"],
    ["read_file", '{"path": 7, "colour": "red"}'],
    ["read_file", '{"path": "a", "from": "one"}'],
    ["edit_file", '{"path": "a", "edits": []}'],
    ["finish_step", '{"summary": "  "}'],
  ] as const)("that is wrong gets an answer the model can read: %s %s", async ([name, text]) => {
    const { call } = toolContext(workspace);
    const result = await call(name, text);
    expect(result.status).toBe("refused");
    expect(result.text).toMatchSnapshot();
  });

  it("may be sloppy where that is harmless", async () => {
    const { call } = toolContext(workspace);
    const fenced = '```json\n{"path": "src/add.js", "from": "2", "to": "2"}\n```';
    expect((await call("read_file", fenced)).text).toContain("2|  return a - b;");
    const raw =
      '{"path": "src/add.js", "edits": "[{\\"old\\": \\"a - b\\", \\"new\\": \\"a + b\\"}]", "check": ""}';
    expect((await call("edit_file", raw)).status).toBe("ok");
    expect((await call("create_file", '{"path": "n.txt", "content": "a\n\tb"}')).status).toBe("ok");
    expect(await readFile(join(workspace.root, "n.txt"), "utf8")).toBe("a\n\tb");
    expect((await call("list_files", "")).status).toBe("ok");
  });

  it("that runs a check returns its verdict", async () => {
    const { call, runCheck } = toolContext(workspace);
    expect(await call("run_check", { name: " test " })).toMatchObject({
      status: "ok",
      text: "Check test passed (exit code 0, 1.2 s).\n1 test passed",
      check: { result: { name: "test" } },
    });
    runCheck.mockResolvedValue(checkRun("test", { status: "timed_out", exitCode: null }, ""));
    expect(await call("run_check", { name: "test" })).toMatchObject({
      status: "failed",
      text: "Check test took too long and was ended (1.2 s).",
    });
  });

  it("that ends the turn is thrown, not told to the model", async () => {
    const { call, runCheck, abort } = toolContext(workspace);
    runCheck.mockRejectedValue(new LeaseLost("the lease is gone"));
    await expect(call("run_check", { name: "test" })).rejects.toThrow(LeaseLost);
    await expect(call("create_file", { path: "x", content: "", check: "test" })).rejects.toThrow(LeaseLost);
    runCheck.mockRejectedValue(new Error("out of memory"));
    expect(await call("run_check", { name: "test" })).toMatchObject({
      status: "failed",
      text: "run_check failed: out of memory",
    });
    abort.abort(new Error("stopped"));
    await expect(call("run_check", { name: "test" })).rejects.toThrow("out of memory");
  });

  it("never returns more than its cap", async () => {
    const { call, runCheck } = toolContext(workspace);
    runCheck.mockResolvedValue(checkRun("test", {}, "z".repeat(100_000)));
    const { text } = await call("run_check", { name: "test" });
    expect(text.length).toBeLessThan(24_100);
    expect(text).toContain("characters left out");
  });

  it("finishes a step, or hands in a plan while planning", async () => {
    const { call } = toolContext(workspace);
    expect(await call("finish_step", { summary: " Add adds. " })).toMatchObject({
      finished: { summary: "Add adds." },
    });
    const plan = {
      goal: "Make add add",
      steps: [{ title: "Fix add", goal: "add adds", files: ["src/add.js"], check: "test" }],
    };
    expect(await call("submit_plan", plan, planningTools)).toMatchObject({ status: "ok", plan });
    expect((await call("edit_file", { path: "x", edits: [] }, planningTools)).text).toContain(
      'There is no tool "edit_file"',
    );
    expect(
      (await call("submit_plan", { goal: "x", steps: [{}] }, planningTools)).text,
    ).toMatchInlineSnapshot(`
      "The arguments of submit_plan do not fit:
      - steps.0.title: is missing (a string)
      - steps.0.goal: is missing (a string)
      - steps.0.files: is missing (a array)
      - steps.0.check: is missing (a string)"
    `);
  });
});
