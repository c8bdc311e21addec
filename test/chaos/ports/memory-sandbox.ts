import { type Sandbox, SandboxFailure } from "../../../src/workspace/sandbox/sandbox.ts";
import type { Workspace } from "../../../src/workspace/workspace.ts";
import type { Gate } from "../gate.ts";

/** What a command finds out about the files: a pure function of them. Null: it passes; else what it prints. */
export type Command = (read: (path: string) => Promise<string | null>) => Promise<string | null>;

const takesMs = 400;

/** A sandbox in which commands look at the files and say yes or no; they change nothing. */
export function createMemorySandbox(deps: {
  commands: Readonly<Record<string, Command>>;
  workspaceAt(root: string): Workspace | null;
  gate: Gate;
}): Sandbox {
  return {
    name: "bwrap",
    probe: async () => ({ ok: true, findings: [] }),
    run: (spec) =>
      deps.gate({ port: "sandbox", what: spec.argv.at(-1) ?? "", takesMs }, async () => {
        const command = deps.commands[spec.argv.at(-1) ?? ""];
        const workspace = deps.workspaceAt(spec.workspace);
        if (!command || !workspace) throw new SandboxFailure(`${spec.argv.join(" ")} is not played here.`);
        const said = await command(async (path) => {
          const file = await workspace.read(path);
          return file ? Buffer.from(file.bytes).toString("utf8") : null;
        });
        const output = `${said ?? "all is well"}\n`;
        const streams = { stdout: output, stderr: "", output, truncated: false };
        return { code: said === null ? 0 : 1, signal: null, ...streams, ms: takesMs };
      }),
  };
}
