import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { verbs } from "../src/commands/parse-command.ts";
import { settings } from "../src/config/settings.ts";
import { describeSettings } from "../src/config.ts";
import { verdictSchema } from "../src/run/gate-reading.ts";
import { parseRepositoryConfig } from "../src/run/repository-config.ts";
import { repositoryConfigSchema } from "../src/run/repository-config-schema.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const settingsPage = join(root, "docs/configuration.md");

const pages = [root, join(root, "docs")]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, name: relative(root, path), text: readFileSync(path, "utf8") }));
const page = (name: string) => pages.find((each) => each.name === name)?.text ?? "";

/** Fenced blocks of one language, whole. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, body = ""]) => body,
  );
}

/** What stands outside fenced blocks: there, brackets make links and backticks name things. */
function prose(text: string): string {
  return text.replace(/^(`{3,})[^\n]*\n.*?^\1$/gms, "");
}

function codeSpans(text: string): string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
}

/** The anchor that GitHub gives a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

function anchorsOf(text: string): string[] {
  return [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => anchor(heading));
}

describe("the documents", () => {
  it("lead to pages and headings that exist", () => {
    const broken = pages.flatMap(({ path, name, text }) =>
      [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
        if (/^https?:/.test(target)) return [];
        const [file = "", heading] = target.split("#");
        const to = file === "" ? path : join(dirname(path), file);
        if (!existsSync(to)) return [`${name}: ${target}`];
        const known = heading === undefined || anchorsOf(readFileSync(to, "utf8")).includes(heading);
        return known ? [] : [`${name}: ${target}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it("name files and folders that exist, from the root, from src or from beside the page", () => {
    const lost = pages
      // What it names belongs to the reader's repository.
      .filter(({ name }) => name !== "docs/configuration.md")
      .flatMap(({ path, name, text }) =>
        codeSpans(text)
          .filter(
            (span) =>
              /^[\w.@-]+(\/[\w.@-]+)*\/([\w.@-]+\.(ts|md|json|yml))?$/.test(span) ||
              /^[A-Z]+\.md$/.test(span),
          )
          .filter((span) => span !== ".github/fixpoint.yml")
          .filter(
            (span) => ![root, join(root, "src"), dirname(path)].some((at) => existsSync(join(at, span))),
          )
          .map((span) => `${name}: ${span}`),
      );
    expect(lost).toEqual([]);
  });

  it("show configurations of a repository that are valid", () => {
    const shown = pages.flatMap(({ name, text }) =>
      blocks(text, "yaml")
        .filter((block) => /^version: 1$/m.test(block))
        .map((block) => ({ name, read: parseRepositoryConfig(block) })),
    );
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.filter(({ read }) => "problems" in read)).toEqual([]);
  });

  it("explain every key of a repository's configuration in one example", () => {
    const [example = ""] = blocks(page("docs/configuration.md"), "yaml");
    const written = keysOf(parse(example));
    expect(schemaKeys().filter((key) => !written.includes(key))).toEqual([]);
  });

  it("say of every verdict over CI when it is given and what happens next", () => {
    const [, table = ""] = /^## The verdicts\n(.*?)^## /ms.exec(page("docs/ci-gate.md")) ?? [];
    const rows = [...table.matchAll(/^\| ([a-z ]+) \| (.{20,}) \| (.{5,}) \|$/gm)].map(
      ([, verdict = ""]) => verdict,
    );
    expect(rows.filter((verdict) => verdict !== "verdict")).toEqual(
      verdictSchema.options.map((verdict) => verdict.replaceAll("_", " ")),
    );
  });

  it("list every setting as the code describes it", async () => {
    const text = page("docs/configuration.md");
    const [open, close] = ["<!-- settings -->\n", "<!-- /settings -->"];
    const [before = "", rest = ""] = text.split(open);
    const after = rest.slice(rest.indexOf(close));
    await expect(`${before}${open}${describeSettings()}\n${after}`).toMatchFileSnapshot(settingsPage);
  });

  it("name only settings, commands and scripts that exist", () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
    const unknown = pages.flatMap(({ name, text }) => {
      const variables = [...text.matchAll(/\bFIXPOINT_[A-Z_]+\b/g)].map(([variable]) => variable);
      const typed = [...prose(text).matchAll(/`\/agent (\w+)/g)].map(([, verb = ""]) => verb);
      const run = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:]*)/g)].map(
        ([, script = ""]) => script,
      );
      return [
        ...variables.filter((variable) => !(variable in settings.shape) && variable !== "FIXPOINT_CACHE"),
        ...typed.filter((verb) => !(verb in verbs) && !missing(name, verb)),
        ...run.filter((script) => !(script in scripts) && !ofOthers.has(script)),
      ].map((what) => `${name}: ${what}`);
    });
    expect(unknown).toEqual([]);
  });

  it("ask for exactly the permissions and events of the App's manifest", () => {
    const manifest = z
      .object({
        name: z.string(),
        description: z.string(),
        url: z.string(),
        hook_attributes: z.object({ url: z.string() }),
        default_permissions: z.record(z.string(), z.string()),
        default_events: z.array(z.string()),
      })
      .parse(parse(readFileSync(join(root, "app.yml"), "utf8")));
    const link = new URL(
      /\((https:\/\/github\.com\/settings\/apps\/new\?[^)]+)\)/.exec(page("docs/setup.md"))?.[1] ?? "",
    );
    const { "events[]": _, ...asked } = Object.fromEntries(link.searchParams);
    expect({ ...asked, events: link.searchParams.getAll("events[]") }).toEqual({
      name: manifest.name,
      description: manifest.description,
      url: manifest.url,
      public: "false",
      webhook_active: "true",
      webhook_url: manifest.hook_attributes.url,
      ...manifest.default_permissions,
      events: manifest.default_events,
    });
    const rows = [...page("docs/setup.md").matchAll(/^\| (.+?) \| (read|write) \|/gm)];
    const permissions = Object.fromEntries(
      rows.map(([, name = "", access = ""]) => [permissionName(name), access]),
    );
    expect(permissions).toEqual(manifest.default_permissions);
  });

  it("show the result of a run with exactly the fields that it has", () => {
    const source = readFileSync(join(root, "demo/result.ts"), "utf8");
    const [, declared = ""] = /export interface Result \{(.*?)^\}/ms.exec(source) ?? [];
    const fields = [...declared.matchAll(/^ {2}(\w+):/gm)].map(([, field]) => field);
    const [example = "{}"] = blocks(page("README.md"), "json");
    const shown: unknown = JSON.parse(example);
    expect(Object.keys(shown ?? {})).toEqual(fields);
    expect(fields.length).toBeGreaterThan(0);
  });

  it("name for each row of the fault catalogue, 1 to 83, a test that exists, or say that it does not hold yet", () => {
    const rows = [...page("docs/reliability.md").matchAll(/^\| ([A-D])(\d+) \| .+? \| (.+) \|$/gm)].map(
      ([, part = "", number, shownBy = ""]) => ({ part, number: Number(number), shownBy }),
    );
    const parts = [1, 25, 48, 61, 84];
    expect(rows.map(({ part, number }) => `${part}${number}`)).toEqual(
      ["A", "B", "C", "D"].flatMap((part, at) => {
        const [from = 0, to = 0] = parts.slice(at);
        return Array.from({ length: to - from }, (_, more) => `${part}${from + more}`);
      }),
    );
    const unshown = rows.filter(
      ({ part, shownBy }) =>
        part !== "A" && testsIn(shownBy).length === 0 && !shownBy.includes("**does not hold yet**"),
    );
    const lost = rows.flatMap(({ part, number, shownBy }) =>
      testsIn(shownBy).flatMap(({ file, titles }) => {
        const source = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : null;
        const unknown = titles.filter((title) => !source?.includes(title));
        return source === null
          ? [`${part}${number}: ${file}`]
          : unknown.map((each) => `${part}${number}: ${each}`);
      }),
    );
    expect({ unshown, lost }).toEqual({ unshown: [], lost: [] });
  });

  it("say of the crashes which family of the enumeration plays them, by its name", () => {
    const known = readFileSync(join(root, "test/chaos/enumerate/schedules.ts"), "utf8");
    const rows = [...page("docs/reliability.md").matchAll(/^\| (A\d+|–) \| .+? \| (.+) \|$/gm)];
    const named = rows.flatMap(([, , by = ""]) =>
      [...by.matchAll(/\*([a-z][a-z ]+)\*/g)].map(([, name]) => name),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.includes(`"${name}"`))).toEqual([]);
  });

  it("stay short enough to be read", () => {
    const lines = (name: string) => page(name).split("\n").length;
    expect({ architecture: lines("ARCHITECTURE.md") <= 200, agents: lines("AGENTS.md") <= 80 }).toEqual({
      architecture: true,
      agents: true,
    });
  });
});

/** The tests that a cell names: a file in backticks, and after a colon the titles that are meant, in quotes. */
function testsIn(cell: string): { file: string; titles: string[] }[] {
  return [...cell.matchAll(/`(test\/[\w./-]+\.ts)`(?:: ((?:"[^"]+"(?:, )?)+))?/g)].map(
    ([, file = "", titles = ""]) => ({
      file,
      titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title),
    }),
  );
}

/** Scripts of the repositories that examples speak of. */
const ofOthers = new Set(["e2e", "format"]);

/** The README says of these that they do not exist yet. */
function missing(page: string, verb: string): boolean {
  return page === "README.md" && verb === "fix";
}

function permissionName(title: string): string {
  return title === "Commit statuses" ? "statuses" : title.toLowerCase().replaceAll(" ", "_");
}

/** `limits.steps`, `paths.deny` …; the names of checks are the reader's own. */
function keysOf(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${at}${key}`, ...keysOf(inner, `${at}${key}.`)]);
}

function schemaKeys(): string[] {
  return Object.entries(repositoryConfigSchema.shape).flatMap(([key, schema]) => {
    const inner = innermost(schema);
    return inner instanceof z.ZodObject
      ? [key, ...Object.keys(inner.shape).map((name) => `${key}.${name}`)]
      : [key];
  });
}

/** Without `optional`, `default` and `prefault` around it. */
function innermost(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? innermost(schema.unwrap())
    : schema;
}
