import { provideBubblewrap } from "../../../src/provision/bubblewrap.ts";
import { createBubblewrapSandbox } from "../../../src/workspace/sandbox/create-bubblewrap-sandbox.ts";
import { defaultLimits, type SandboxSpec } from "../../../src/workspace/sandbox/sandbox.ts";

// A process of its own for the tests: runs a command that would take a minute, in one of the modes, until the test kills us.
const [cacheDir = "", directory = "", mode = "", marker = ""] = process.argv.slice(2);
const sandbox = createBubblewrapSandbox({
  ...(await provideBubblewrap({ cacheDir })),
  scratchDir: `${directory}/scratch`,
  ...(process.geteuid?.() === 0 ? { dropTo: { uid: 65_534, gid: 65_534 } } : {}),
});
const spec: SandboxSpec = {
  argv: ["/bin/sh", "-c", "setsid sh -c 'sleep 60' $0 & sleep 60", marker],
  workspace: `${directory}/workspace`,
  mode: mode === "collect" || mode === "persist" ? mode : "discard",
  env: {},
  readOnly: [],
  caches: [],
  network: { kind: "none" },
  limits: defaultLimits,
  ...(mode === "git" ? { git: "synthetic" as const } : {}),
};
await sandbox.run(spec);
