import { describe, expect, it } from "vitest";
import { parseRepositoryConfig } from "../../src/run/repository-config.ts";
import type { Limits } from "../../src/run/request.ts";
import type { Detected } from "../../src/workspace/detect.ts";
import { mergeConfiguration } from "../../src/workspace/merge-configuration.ts";

const limits: Limits = {
  nanoUsd: 3_000_000_000,
  steps: 5,
  turnsPerStep: 20,
  attemptsPerStep: 3,
  repairs: 2,
  revisions: 5,
  outputTokensPerCall: 4_000,
  filesTouched: 30,
  diffLines: 1_000,
};
const operator = {
  limits,
  autonomy: "draft" as const,
  reach: { registries: { hosts: {}, npm: null }, more: ["one.example.org", "two.example.org"] },
};
const detected: Detected = {
  checks: [
    {
      name: "test",
      command: "npm test",
      purpose: "proves",
      where: "sandbox",
      foundIn: "package.json scripts.test",
    },
    {
      name: "lint",
      command: "npm run lint",
      purpose: "proves",
      where: "sandbox",
      foundIn: "package.json scripts.lint",
    },
  ],
  setup: {
    ecosystems: ["npm"],
    commands: [{ command: "npm ci", why: "there is a lock file" }],
    hosts: [],
    env: {},
    cacheAt: "/cache",
    findings: ["found it"],
  },
  ciStartsWhenReady: false,
  findings: ["found it"],
};

function merge(yaml: string | null, found = detected) {
  if (yaml === null) return mergeConfiguration(found, null, operator);
  const parsed = parseRepositoryConfig(`version: 1\n${yaml}`);
  if (!("config" in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return mergeConfiguration(found, parsed.config, operator);
}

describe("the configuration", () => {
  it("that is not there changes nothing, and opens the operator's registries for set-up", () => {
    expect(merge(null)).toEqual({
      checks: detected.checks,
      setup: { ...detected.setup, hosts: ["one.example.org", "two.example.org"] },
      autonomy: "draft",
      limits,
    });
  });

  it("replaces, adds and drops checks", () => {
    const { checks, setup } = merge(
      "checks:\n  test: make test\n  lint: false\n  e2e: { run: ./e2e, where: ci }\n  fmt: { run: fmt, writes: true }",
    );
    expect(checks).toEqual([
      {
        name: "test",
        command: "make test",
        purpose: "proves",
        where: "sandbox",
        foundIn: ".github/fixpoint.yml checks.test",
      },
      {
        name: "e2e",
        command: "./e2e",
        purpose: "proves",
        where: "ci_only",
        foundIn: ".github/fixpoint.yml checks.e2e",
      },
      {
        name: "fmt",
        command: "fmt",
        purpose: "writes",
        where: "sandbox",
        foundIn: ".github/fixpoint.yml checks.fmt",
      },
    ]);
    expect(setup.findings).toEqual([
      "found it",
      ".github/fixpoint.yml names the check test: `make test`.",
      ".github/fixpoint.yml drops the check lint.",
      ".github/fixpoint.yml leaves the check e2e to CI.",
      ".github/fixpoint.yml names the check fmt: `fmt`.",
    ]);
  });

  it("narrows hosts, and never opens one", () => {
    const { setup } = merge("setup: { run: [a, b], hosts: [two.example.org, evil.example.org] }");
    expect(setup).toMatchObject({
      commands: [
        { command: "a", why: ".github/fixpoint.yml names it." },
        { command: "b", why: ".github/fixpoint.yml names it." },
      ],
      hosts: ["two.example.org"],
      cacheAt: "/cache",
    });
    expect(setup.findings).toContain(
      ".github/fixpoint.yml asks for the host evil.example.org, which the operator does not allow; it stays closed.",
    );
    expect(merge("setup: { run: [] }").setup).toMatchObject({ commands: [], hosts: [], cacheAt: null });
  });

  it("that says nothing of hosts opens those of the found kinds of project", () => {
    const hosts = {
      npm: ["npm.example.org"],
      yarn: ["npm.example.org"],
      python: ["py.example.org", "files.example.org"],
    };
    const reach = { registries: { hosts, npm: "https://npm.example.org/" }, more: ["house.example.org"] };
    const setupOf = (...ecosystems: string[]) => {
      const found = { ...detected, setup: { ...detected.setup, ecosystems } };
      return mergeConfiguration(found, null, { ...operator, reach }).setup;
    };
    expect(setupOf("npm").hosts).toEqual(["npm.example.org", "house.example.org"]);
    expect(setupOf("npm", "python", "make").hosts).toEqual([
      "npm.example.org",
      "py.example.org",
      "files.example.org",
      "house.example.org",
    ]);
    expect(setupOf("rust").hosts).toEqual([
      "npm.example.org",
      "py.example.org",
      "files.example.org",
      "house.example.org",
    ]);
    expect(setupOf("yarn").env).toMatchObject({
      YARN_NPM_REGISTRY_SERVER: "https://npm.example.org",
      FIXPOINT_NPM_REGISTRY: "https://npm.example.org/",
    });
  });

  it("narrows limits and autonomy, and never widens them", () => {
    expect(merge("autonomy: ready").autonomy).toBe("draft");
    expect(merge("autonomy: propose").autonomy).toBe("propose");
    const narrowed = merge("limits: { budgetUsd: 0.5, steps: 7, repairs: 0, filesTouched: 3 }");
    expect(narrowed.limits).toEqual({ ...limits, nanoUsd: 500_000_000, repairs: 0, filesTouched: 3 });
    expect(narrowed.setup.findings).toContain(
      ".github/fixpoint.yml asks for a higher steps than the operator allows; the operator's holds.",
    );
  });
});
