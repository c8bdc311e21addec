import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNoSandbox } from "../../../src/workspace/sandbox/none.ts";
import { command, newWorkspace } from "./open-sandbox.ts";

test("it says of itself that nothing is protected, and says so at each run", async () => {
  const log: string[] = [];
  const none = createNoSandbox({ acknowledged: true, log: (line) => log.push(line) });
  expect(await none.probe()).toEqual({
    ok: true,
    findings: [{ attack: "anything", outcome: "broken", detail: expect.stringContaining("switched off") }],
  });
  await none.run(command(newWorkspace({}), "true"));
  expect([none.name, log]).toEqual(["none", [expect.stringContaining("without any protection")]]);
});

test("a check runs in a copy with a clean environment, and the workspace stays as it was", async () => {
  const workspace = newWorkspace({ "a.txt": "a\n", "b/c.txt": "c\n" });
  const result = await createNoSandbox({ acknowledged: true }).run(
    command(
      workspace,
      'echo x >> a.txt; rm -r b; cat a.txt; echo "$PLACE" > "$PLACE/where"; test -f where; echo $?; env | grep -c VITEST',
      {
        env: { PLACE: workspace },
      },
    ),
  );
  expect(result).toMatchObject({ code: 1, stdout: "a\nx\n0\n0\n", truncated: false });
  expect([readdirSync(workspace), readFileSync(join(workspace, "a.txt"), "utf8")]).toEqual([
    ["a.txt", "b"],
    "a\n",
  ]);
});

test("what a writing command changed is read from the copy", async () => {
  const workspace = newWorkspace({ "a.txt": "a", "b.txt": "b", "c.txt": "c" });
  const result = await createNoSandbox({ acknowledged: true }).run(
    command(workspace, "printf new > a.txt; rm b.txt; touch c.txt; mkdir node_modules; : > node_modules/x", {
      mode: "collect",
    }),
  );
  expect(result.changes).toEqual([
    { path: "a.txt", kind: "write", content: Buffer.from("new"), executable: false },
    { path: "b.txt", kind: "delete" },
  ]);
});

test("installing writes into the workspace, and a time-out ends what it started", async () => {
  const workspace = newWorkspace({});
  const none = createNoSandbox({ acknowledged: true });
  const result = await none.run(
    command(workspace, "echo in > installed; sleep 30 & sleep 30", {
      mode: "persist",
      limits: { wallMs: 1_500 },
    }),
  );
  expect([result.limit, readFileSync(join(workspace, "installed"), "utf8")]).toEqual(["wall", "in\n"]);
  rmSync(join(workspace, "installed"));
  const background = await none.run(command(workspace, "sleep 30 & echo done", { mode: "persist" }));
  expect([background.stdout, background.ms < 20_000]).toEqual(["done\n", true]);
});
