import { describe, expect, it } from "vitest";
import { detectRepository } from "../../src/workspace/detect.ts";

const detect = (files: Record<string, string>) =>
  detectRepository(
    async (path) => files[path] ?? null,
    async () => Object.keys(files).sort((a, b) => (a < b ? -1 : 1)),
  );
const packageJson = (content: unknown) => JSON.stringify(content);
const lines = (checks: readonly { name: string; command: string; purpose: string }[]) =>
  checks.map(({ name, command, purpose }) => `${name} (${purpose}): ${command}`);

describe("an npm repository", () => {
  it("with a lock file is installed from it, and checked by its scripts", async () => {
    const found = await detect({
      "package.json": packageJson({
        scripts: {
          test: "node --test",
          lint: "eslint .",
          build: "tsc",
          deploy: "rm -rf /",
          format: "prettier -w .",
        },
        devDependencies: { eslint: "9.0.0" },
      }),
      "package-lock.json": "{}",
    });
    expect(found).toMatchInlineSnapshot(`
      {
        "checks": [
          {
            "command": "npm test",
            "foundIn": "package.json scripts.test",
            "name": "test",
            "purpose": "proves",
            "where": "sandbox",
          },
          {
            "command": "npm run lint",
            "foundIn": "package.json scripts.lint",
            "name": "lint",
            "purpose": "proves",
            "where": "sandbox",
          },
          {
            "command": "npm run build",
            "foundIn": "package.json scripts.build",
            "name": "build",
            "purpose": "proves",
            "where": "sandbox",
          },
          {
            "command": "npm run format",
            "foundIn": "package.json scripts.format",
            "name": "format",
            "purpose": "writes",
            "where": "sandbox",
          },
        ],
        "ciStartsWhenReady": false,
        "findings": [
          "package-lock.json pins the dependencies; their install scripts stay off.",
          "package.json has scripts.test: \`node --test\`.",
          "package.json has scripts.lint: \`eslint .\`.",
          "package.json has scripts.build: \`tsc\`.",
          "package.json has scripts.format: \`prettier -w .\`.",
        ],
        "setup": {
          "cacheAt": "/cache",
          "commands": [
            {
              "command": "npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm"",
              "why": "package-lock.json pins the dependencies; their install scripts stay off.",
            },
          ],
          "ecosystems": [
            "npm",
          ],
          "env": {},
          "findings": [
            "package-lock.json pins the dependencies; their install scripts stay off.",
            "package.json has scripts.test: \`node --test\`.",
            "package.json has scripts.lint: \`eslint .\`.",
            "package.json has scripts.build: \`tsc\`.",
            "package.json has scripts.format: \`prettier -w .\`.",
          ],
          "hosts": [],
        },
      }
    `);
  });

  it("without dependencies needs no installation", async () => {
    const found = await detect({
      "package.json": packageJson({ scripts: { test: "node --test" } }),
      "package-lock.json": "{}",
    });
    expect(found.setup.commands).toEqual([]);
    expect(found.setup.cacheAt).toBeNull();
    expect(lines(found.checks)).toEqual(["test (proves): npm test"]);
  });

  it("without a lock file gets none", async () => {
    const found = await detect({
      "package.json": packageJson({ scripts: { test: "x" }, dependencies: { a: "1" } }),
    });
    expect(found.setup.commands.map((each) => each.command)).toEqual([
      'npm install --no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm"',
    ]);
  });

  it("with npm's placeholder has no test, and the next name of the same meaning is taken", async () => {
    const placeholder = 'echo "Error: no test specified" && exit 1';
    const found = await detect({
      "package.json": packageJson({ scripts: { test: placeholder, "test:unit": "x", "type-check": "tsc" } }),
    });
    expect(lines(found.checks)).toEqual([
      "test:unit (proves): npm run test:unit",
      "type-check (proves): npm run type-check",
    ]);
    expect(found.findings).toContain("scripts.test in package.json is npm's placeholder and proves nothing.");
  });

  it("whose scripts around the test need the network is checked without them", async () => {
    const scripts = {
      test: "tape",
      pretest: "npm run lint",
      posttest: "npx npm@10 audit",
      lint: "eslint .",
      prelint: "npx evalmd x",
    };
    const found = await detect({ "package.json": packageJson({ scripts }) });
    expect(lines(found.checks)).toEqual([
      "test (proves): npm run pretest && npm run test --ignore-scripts",
      "lint (proves): npm run lint --ignore-scripts",
    ]);
    expect(found.findings).toContain(
      "The script before or after scripts.test needs the network, which checks do not have; it is left out.",
    );
  });

  it.for(["{", "[]", '"x"', '{"scripts": 7, "dependencies": []}', '{"scripts": {"test": 7}}'])(
    "with an odd manifest is survived: %s",
    async (text) => {
      const found = await detect({ "package.json": text });
      expect(found.checks).toEqual([]);
      expect(found.findings.length).toBeGreaterThan(0);
    },
  );
});

describe("a Makefile", () => {
  it("adds its targets, and the scripts of package.json come first", async () => {
    const Makefile = "VERSION := 1\n.PHONY: test\ntest lint: deps\n\tnpm test\ncheck := no\n# check:\n";
    const found = await detect({ Makefile, "package.json": packageJson({ scripts: { test: "x" } }) });
    expect(lines(found.checks)).toEqual(["test (proves): npm test", "lint (proves): make lint"]);
    expect(found.setup.ecosystems).toEqual(["npm", "make"]);
  });
});

describe("the workflow", () => {
  const workflow = `
on:
  push:
  pull_request:
    types: [opened, synchronize, ready_for_review]
jobs:
  test:
    services:
      postgres: { image: postgres }
    steps:
      - uses: actions/checkout@v4
      - run: sudo apt-get install -y thing
      - name: Everything
        run: |
          pip install -r requirements.txt
          tox -e py \\
            -- -q
          echo "\${{ secrets.TOKEN }}" | ./check
      - run: ./gradlew check
      - run: ./gradlew check
`;

  it("is the last resort", async () => {
    const found = await detect({ ".github/workflows/ci.yml": workflow });
    expect(lines(found.checks)).toEqual([
      "tox (proves): tox -e py    -- -q",
      "check (proves): ./gradlew check",
    ]);
    expect(found.setup.commands).toEqual([
      {
        command: "pip install -r requirements.txt",
        why: ".github/workflows/ci.yml job test installs with it.",
      },
    ]);
    expect(found.findings).toMatchInlineSnapshot(`
      [
        ".github/workflows/ci.yml job test runs \`tox -e py    -- -q\`.",
        ".github/workflows/ci.yml job test runs \`./gradlew check\`.",
        ".github/workflows/ci.yml starts postgres for the job test; a check that needs them can be left to CI (where: ci).",
      ]
    `);
  });

  it("is left alone where something better is found, and still tells when it starts", async () => {
    const found = await detect({
      ".github/workflows/ci.yml": workflow,
      "package.json": packageJson({ scripts: { test: "x" } }),
    });
    expect(lines(found.checks)).toEqual(["test (proves): npm test"]);
    expect(found.ciStartsWhenReady).toBe(true);
  });

  it.for([
    "on: push\n",
    "on: [push, pull_request]\n",
    "on: {pull_request: {types: [opened]}}\n",
    "a: [",
    "",
    "- x\n",
    "jobs: 7\n",
  ])("starts nothing late, or is no workflow at all: %j", async (text) => {
    const found = await detect({ ".github/workflows/ci.yml": text });
    expect(found).toMatchObject({ ciStartsWhenReady: false, checks: [] });
  });
});

describe("a repository without any check", () => {
  it("is told so", async () => {
    const found = await detect({ "README.md": "# x\n" });
    expect(found.checks).toEqual([]);
    expect(found.findings).toEqual([
      "None of the known kinds of project stands at the root of the repository.",
    ]);
  });
});
