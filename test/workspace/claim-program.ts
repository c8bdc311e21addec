import { claimDirectory } from "../../src/workspace/claim.ts";
import { systemPath } from "../../src/workspace/git-environment.ts";

// A worker that claims a directory and never ends by itself.
const [workDir = "", name = ""] = process.argv.slice(2);
await claimDirectory(workDir, name, systemPath);
process.stdout.write("claimed\n");
setInterval(() => undefined, 1_000);
