import { createBubblewrapSandbox } from "../../../src/workspace/sandbox/create-bubblewrap-sandbox.ts";

// A process of its own for the tests: attacks the sandbox and prints what it found as JSON.
const [bwrap = "", libraryPath = "", scratchDir = ""] = process.argv.slice(2);
const sandbox = createBubblewrapSandbox({ bwrap, libraryPath, scratchDir });
process.stdout.write(JSON.stringify({ uid: process.geteuid?.(), ...(await sandbox.probe()) }));
