// Holds the readme to its promise: its table "What is where" names every module.
import { readdirSync, readFileSync } from "node:fs";

const readme = readFileSync("README.md", "utf8");
const missing = readdirSync("src").filter((name) => name !== "index.js" && !readme.includes(`| \`src/${name}\` |`));

for (const name of missing) console.error(`Error: README.md does not say what src/${name} owns (table "What is where")`);
console.log(`${missing.length} modules are missing in README.md`);
process.exitCode = missing.length > 0 ? 1 : 0;
