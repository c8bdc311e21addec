// A very small linter: every file must parse, use spaces, and end in exactly one newline.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const files = ["src", "test", "tools"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => join(folder, name)),
);

const complaints = files.flatMap((file) => {
  const text = readFileSync(file, "utf8");
  const found = text.split("\n").flatMap((line, index) => {
    if (line.includes("\t")) return [`${file}:${index + 1} uses a tab`];
    return /\s$/.test(line) ? [`${file}:${index + 1} has space at its end`] : [];
  });
  if (!/[^\n]\n$/.test(text)) found.push(`${file} must end in exactly one newline`);
  const { status, stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
  if (status !== 0) found.push(stderr.trim());
  return found;
});

for (const complaint of complaints) console.error(complaint);
console.log(`${files.length} files, ${complaints.length} complaints`);
process.exitCode = complaints.length > 0 ? 1 : 0;
