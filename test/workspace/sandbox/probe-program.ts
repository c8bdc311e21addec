import { provideBubblewrap } from "../../../src/provision/bubblewrap.ts";
import { createBubblewrapSandbox } from "../../../src/workspace/sandbox/create-bubblewrap-sandbox.ts";

// A process of its own for the tests: provides bubblewrap, attacks the sandbox, and prints what it found as JSON.
const [home = ""] = process.argv.slice(2);
const sandbox = createBubblewrapSandbox({
  ...(await provideBubblewrap({ cacheDir: `${home}/cache` })),
  scratchDir: `${home}/scratch`,
});
process.stdout.write(JSON.stringify({ uid: process.geteuid?.(), ...(await sandbox.probe()) }));
