import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const src = join(root, "src");

/**
 * Who may import whom: the river of ARCHITECTURE.md as a table. A room stands for a folder of `src`;
 * `errors`, `logger` and a room's own files are open to everybody.
 */
const mayImport: Record<string, readonly string[]> = {
  run: [],
  report: ["run"],
  config: ["run"],
  provision: [],
  journal: ["run"],
  workspace: ["run"],
  github: ["run", "report"],
  tools: ["run", "workspace"],
  agent: ["run", "tools", "workspace"],
  commands: ["run", "report", "journal"],
  queue: ["commands"],
  webhooks: ["run", "commands", "queue", "journal"],
  telemetry: [],
  reconcile: ["run", "journal", "commands", "queue", "github"],
  runner: ["run", "report", "journal", "workspace", "github", "tools", "agent"],
  // The entries build everything.
  entry: [
    "run",
    "report",
    "config",
    "provision",
    "journal",
    "workspace",
    "github",
    "tools",
    "agent",
    "commands",
    "queue",
    "webhooks",
    "runner",
    "reconcile",
    "telemetry",
  ],
};

const entries = new Set(["server.ts", "worker.ts", "cli.ts"]);
const openToAll = new Set(["errors.ts", "logger.ts"]);

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)";/gms);
  return [...found].map(([, type, to]) => ({ from: file, to: to ?? "", typeOnly: type !== undefined }));
}

function roomOf(file: string): string {
  const [first = ""] = relative(src, file).split("/");
  if (entries.has(first) || first === "cli" || first === "worker") return "entry";
  return first.replace(/\.ts$/, "");
}

const files = filesBelow(src);
const demo = filesBelow(join(root, "demo")).filter((file) => !file.includes("/samples/"));
const imports = files.flatMap(importsOf);
const local = imports.filter(isLocal).map(resolved);

function isLocal({ to }: Import): boolean {
  return to.startsWith(".");
}

function resolved(each: Import): Import {
  return { ...each, to: resolve(dirname(each.from), each.to) };
}

describe("the house", () => {
  it("lets each room import only what lies upstream of it", () => {
    const wrong = local
      .filter(({ from, to }) => {
        const [here, there] = [roomOf(from), roomOf(to)];
        if (here === there || openToAll.has(relative(src, to))) return false;
        return !mayImport[here]?.includes(there);
      })
      .map(({ from, to }) => `${relative(src, from)} → ${relative(src, to)}`);
    expect(wrong).toEqual([]);
  });

  it("has no circle of files, types included", () => {
    const next = new Map(
      [...files, ...demo].map((file) => [
        file,
        importsOf(file)
          .filter(isLocal)
          .map((each) => resolved(each).to),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        circles.push(
          [...path.slice(path.indexOf(file)), file].map((each) => relative(root, each)).join(" → "),
        );
        return;
      }
      if (done.has(file)) return;
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of next.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it("keeps run and report free of clocks, networks and stores", () => {
    const outside = imports
      .filter(({ from }) => ["run", "report"].includes(roomOf(from)))
      .filter(({ to }) => !to.startsWith(".") && !["zod", "yaml", "node:crypto"].includes(to))
      .map(({ from, to }) => `${relative(src, from)} → ${to}`);
    const clocks = files
      .filter((file) => ["run", "report"].includes(roomOf(file)))
      .filter((file) =>
        /\bDate\.now\(|new Date\(\)|Math\.random\(|\bfetch\(/.test(readFileSync(file, "utf8")),
      )
      .map((file) => relative(src, file));
    expect({ outside, clocks }).toEqual({ outside: [], clocks: [] });
  });

  it.each([
    ["bullmq", "queue"],
    ["openai", "agent/openai-model.ts"],
    ["@octokit/", "github"],
    ["probot", "webhooks"],
  ])("knows %s in one place only", (library, place) => {
    const strangers = imports
      .filter(({ to }) => to === library || to.startsWith(library.endsWith("/") ? library : `${library}/`))
      .map(({ from }) => relative(src, from))
      .filter((from) => !from.startsWith(place));
    expect(strangers).toEqual([]);
  });

  it("never imports the demo or the tests from the product", () => {
    const wrong = local
      .filter(({ to }) => !to.startsWith(src))
      .map(({ from, to }) => `${relative(src, from)} → ${relative(root, to)}`);
    expect(wrong).toEqual([]);
  });

  it("has no drawers: every file is named for a noun it owns or a verb it exports", () => {
    const drawers =
      /(^|\/)(utils?|helpers?|lib|common|shared|misc|types|manager|service)(\.ts|\/)|(Manager|Service)\.ts$/i;
    const all = [...files, ...demo].map((file) => relative(root, file));
    expect(all.filter((file) => drawers.test(file))).toEqual([]);
  });

  it("keeps rooms small: no file over 250 lines", () => {
    const large = [...files, ...demo]
      .map((file) => ({ file: relative(root, file), lines: readFileSync(file, "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 250);
    expect(large).toEqual([]);
  });
});
