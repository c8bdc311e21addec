import { describe, expect, it } from "vitest";
import { parseRepositoryConfig } from "../../src/run/repository-config.ts";

const problemsOf = (text: string) => {
  const parsed = parseRepositoryConfig(text);
  return "problems" in parsed ? parsed.problems.map(({ line, rule }) => `${line}: ${rule}`) : "no problem";
};

describe("the repository's configuration", () => {
  it("may be as short as its version", () => {
    expect(parseRepositoryConfig("version: 1\n")).toEqual({
      config: {
        version: 1,
        checks: {},
        limits: {},
        paths: { deny: [], ask: [], private: [] },
        commits: { convention: "plain", signOff: null },
        pullRequest: { reviewers: [], labels: [] },
      },
    });
  });

  it("may say all of this", () => {
    const text = `
version: 1
autonomy: draft
setup:
  run: npm ci --ignore-scripts
  hosts: [registry.example.org]
checks:
  test: npm test
  e2e: { run: npm run e2e, where: ci }
  format: { run: npm run format, writes: true }
  lint: false
limits: { budgetUsd: 2.5, steps: 4, filesTouched: 10 }
paths:
  deny: [infra/]
  ask: ["**/*.sql"]
  private: [secrets/**]
commits:
  convention: conventional
  signOff: Fixpoint <fixpoint@example.org>
pullRequest:
  reviewers: [octocat, acme/core]
  labels: [bot]
`;
    expect(parseRepositoryConfig(text)).toEqual({
      config: {
        version: 1,
        autonomy: "draft",
        setup: { run: ["npm ci --ignore-scripts"], hosts: ["registry.example.org"] },
        checks: {
          test: { run: "npm test", where: "sandbox", writes: false },
          e2e: { run: "npm run e2e", where: "ci", writes: false },
          format: { run: "npm run format", where: "sandbox", writes: true },
          lint: null,
        },
        limits: { budgetUsd: 2.5, steps: 4, filesTouched: 10 },
        paths: { deny: ["infra/"], ask: ["**/*.sql"], private: ["secrets/**"] },
        commits: { convention: "conventional", signOff: "Fixpoint <fixpoint@example.org>" },
        pullRequest: { reviewers: ["octocat", "acme/core"], labels: ["bot"] },
      },
    });
  });

  it("with mistakes has all of them named at once, each with its line and rule", () => {
    const text = `version: 2
autonomy: merge
colour: red
label: fix-me
checks:
  test: 7
  e2e:
    run: ""
    when: later
  "no spaces": x
  both: { run: x, where: ci, writes: true }
limits:
  steps: 9
  budgetUsd: free
setup:
  hosts: ["https://example.org/x"]
commits:
  signOff: nobody
paths:
  deny: secrets
pullRequest:
  reviewers: [7]
`;
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      [
        "1: version: must be 1; write version: 1.",
        "2: autonomy: must be one of propose, draft, ready.",
        "3: colour: there is no such setting.",
        "4: label: there is no such setting.",
        "6: checks.test: must be a command, or run, where and writes, or false to drop a check that was found.",
        "8: checks.e2e.run: must not be empty.",
        "9: checks.e2e.when: there is no such setting.",
        "10: checks.no spaces: the name of a check is 1 to 40 letters, digits, :, _ or -, and begins with a letter or digit.",
        "11: checks.both: a check that writes files must run in the sandbox.",
        "13: limits.steps: must be 7 at most.",
        "14: limits.budgetUsd: must be an amount in US dollars.",
        "16: setup.hosts.0: must be a host name without scheme or path.",
        "18: commits.signOff: must look like Name <name@example.org>.",
        "20: paths.deny: must be a list of path patterns.",
        "22: pullRequest.reviewers.0: must be logins of people or team names.",
      ]
    `);
  });

  it.for([
    ["", "1: version: must be 1; write version: 1."],
    ["- a\n- b\n", "1: must be a list of settings, beginning with version: 1."],
    ["version: 1\nversion: 1\n", "2: YAML: Map keys must be unique"],
    [
      "version: 1\nchecks: [\n",
      "3: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    [
      "version: 1\nsetup: {run: [&a x, *a]}\n",
      "1: YAML: aliases (*name) are not supported here; write the value out.",
    ],
    ["version: 1\nsetup: !!js/function x\n", "2: YAML: Unresolved tag: tag:yaml.org,2002:js/function"],
    [`version: 1\n# ${"x".repeat(64_000)}\n`, "1: The file has 64014 characters; at most 64000 are read."],
    ["version: 1\n__proto__: { polluted: true }\n", "2: __proto__: there is no such setting."],
  ] as const)("that cannot be read says why: %j", ([text, problem]) => {
    expect(problemsOf(text)).toContain(problem);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});
