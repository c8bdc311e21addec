import { describe, expect, it } from "vitest";
import { detectRepository } from "../../src/workspace/detect.ts";

const manifest = JSON.stringify({ scripts: { test: "node --test" }, dependencies: { a: "1" } });

/** What would be run, as a person would type it. */
async function story(files: Record<string, string>) {
  const found = await detectRepository(
    async (path) => files[path] ?? null,
    async () => Object.keys(files),
  );
  return {
    kinds: found.setup.ecosystems.join(", "),
    setup: found.setup.commands.map(({ command }) => command),
    checks: found.checks.map(({ name, command }) => `${name}: ${command}`),
    env: found.setup.env,
  };
}

describe("pnpm", () => {
  it("is fetched in the version that package.json asks for", async () => {
    const asked = JSON.stringify({ ...JSON.parse(manifest), packageManager: "pnpm@8.15.1+sha256.abc" });
    expect(
      await story({ "package.json": asked, "pnpm-lock.yaml": "lockfileVersion: '6.0'\n" }),
    ).toMatchInlineSnapshot(`
      {
        "checks": [
          "test: pnpm test",
        ],
        "env": {
          "PATH": "{workspace}/.fixpoint/tools/node_modules/.bin:{path}",
        },
        "kinds": "pnpm",
        "setup": [
          "npm install --prefix .fixpoint/tools --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm" pnpm@8.15.1",
          "pnpm install --frozen-lockfile --ignore-scripts --prefer-offline --store-dir "$FIXPOINT_CACHE/pnpm"",
        ],
      }
    `);
  });

  it.for([
    ["lockfileVersion: 5.4", "pnpm@7"],
    ["lockfileVersion: '6.0'", "pnpm@8"],
    ["lockfileVersion: '9.0'", "pnpm@9"],
    ["nothing", "pnpm@9"],
  ] as const)("is fetched in the version that reads the lock file: %s", async ([lock, tool]) => {
    const { setup } = await story({ "package.json": manifest, "pnpm-lock.yaml": `${lock}\n` });
    expect(setup[0]).toMatch(new RegExp(` ${tool}$`));
  });
});

describe("yarn", () => {
  it("of the first kind installs from its lock file", async () => {
    expect(
      await story({ "package.json": manifest, "yarn.lock": "# yarn lockfile v1\n" }),
    ).toMatchInlineSnapshot(`
      {
        "checks": [
          "test: yarn test",
        ],
        "env": {
          "PATH": "{workspace}/.fixpoint/tools/node_modules/.bin:{path}",
        },
        "kinds": "yarn",
        "setup": [
          "npm install --prefix .fixpoint/tools --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm" yarn@1.22.22",
          "sed -i -E "s#^(  resolved \\")https://registry\\.[^/]+/#\\1$FIXPOINT_NPM_REGISTRY#" yarn.lock && yarn install --frozen-lockfile --ignore-scripts --non-interactive --prefer-offline --cache-folder "$FIXPOINT_CACHE/yarn"",
        ],
      }
    `);
  });

  it("of the later kind runs the fetched one, not what the repository carries", async () => {
    const files = {
      "package.json": manifest,
      "yarn.lock": "__metadata:\n  version: 8\n",
      ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n",
    };
    expect(await story(files)).toMatchInlineSnapshot(`
      {
        "checks": [
          "test: yarn test",
        ],
        "env": {
          "PATH": "{workspace}/.fixpoint/tools/node_modules/.bin:{path}",
          "YARN_ENABLE_GLOBAL_CACHE": "0",
          "YARN_ENABLE_TELEMETRY": "0",
          "YARN_IGNORE_PATH": "1",
        },
        "kinds": "yarn",
        "setup": [
          "npm install --prefix .fixpoint/tools --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm" @yarnpkg/cli-dist@4.1.0",
          "YARN_GLOBAL_FOLDER="$FIXPOINT_CACHE/yarn" YARN_ENABLE_SCRIPTS=0 yarn install --immutable",
        ],
      }
    `);
  });
});

describe("Python", () => {
  it("with a pyproject.toml is installed with its test extras, from wheels only", async () => {
    const pyproject = `
[build-system]
requires = ["hatchling"]
[project]
name = "x"
[project.optional-dependencies]
docs = ["sphinx"]
test = [
  "pytest",
  "ruff",
]
[tool.ruff.lint]
select = ["E"]
`;
    expect(await story({ "pyproject.toml": pyproject, "tests/test_x.py": "" })).toMatchInlineSnapshot(`
      {
        "checks": [
          "test: python -m pytest",
          "lint: ruff check .",
        ],
        "env": {
          "PATH": "{workspace}/.venv/bin:{path}",
        },
        "kinds": "python",
        "setup": [
          "python3 -m venv .venv || { python3 -m venv --clear --without-pip .venv && python3 -m pip --python .venv/bin/python install --cache-dir "$FIXPOINT_CACHE/pip" pip; }",
          "python -m pip install --no-input --disable-pip-version-check --cache-dir "$FIXPOINT_CACHE/pip" --only-binary :all: -e '.[test]' pytest",
        ],
      }
    `);
  });

  it("with requirements and dependency groups gets both", async () => {
    const { setup } = await story({
      "requirements.txt": "idna\n",
      "requirements-dev.txt": "pytest\n",
      "pyproject.toml": "[dependency-groups]\ndev = ['mypy']\n",
    });
    expect(setup.slice(1)).toMatchInlineSnapshot(`
      [
        "python -m pip install --no-input --disable-pip-version-check --cache-dir "$FIXPOINT_CACHE/pip" 'pip>=25.1'",
        "python -m pip install --no-input --disable-pip-version-check --cache-dir "$FIXPOINT_CACHE/pip" --only-binary :all: -r requirements.txt -r requirements-dev.txt --group dev pytest",
      ]
    `);
  });

  it("with uv.lock is installed by uv", async () => {
    const { setup } = await story({
      "pyproject.toml": "[project]\nname = 'x'\n",
      "uv.lock": "",
      "conftest.py": "",
    });
    expect(setup.slice(1)).toMatchInlineSnapshot(`
      [
        "python -m pip install --no-input --disable-pip-version-check --cache-dir "$FIXPOINT_CACHE/pip" uv",
        "UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_CACHE_DIR="$FIXPOINT_CACHE/uv" uv sync --frozen --inexact --all-extras --all-groups",
      ]
    `);
  });

  it("with nothing but tests needs no set-up and runs unittest", async () => {
    expect(await story({ "tests/test_x.py": "import unittest\n" })).toEqual({
      kinds: "python",
      setup: [],
      checks: ["test: python3 -m unittest discover -s tests"],
      env: {},
    });
    const { checks } = await story({ "tests/__init__.py": "", "tests/test_x.py": "" });
    expect(checks).toEqual(["test: python3 -m unittest discover"]);
  });
});

describe("Go", () => {
  it("downloads its modules into the repository's cache, and from there into the workspace", async () => {
    expect(
      await story({ "go.mod": "module x\n\nrequire y v1.0.0\n", "x_test.go": "" }),
    ).toMatchInlineSnapshot(`
      {
        "checks": [
          "test: go test ./...",
          "vet: go vet ./...",
          "build: go build ./...",
        ],
        "env": {
          "GOCACHE": "{workspace}/.fixpoint/go/build",
          "GOFLAGS": "-mod=mod",
          "GOMODCACHE": "{workspace}/.fixpoint/go/modules",
          "GOPROXY": "off",
          "GOSUMDB": "off",
          "GOTOOLCHAIN": "local",
        },
        "kinds": "go",
        "setup": [
          "env -u GOPROXY -u GOSUMDB GOMODCACHE="$FIXPOINT_CACHE/go" go mod download -modcacherw",
          "GOPROXY="file://$FIXPOINT_CACHE/go/cache/download" go mod download -modcacherw",
          "go build ./... || true",
        ],
      }
    `);
  });

  it("with vendored modules downloads nothing", async () => {
    const { setup, env } = await story({
      "go.mod": "module x\nrequire y v1\n",
      "vendor/modules.txt": "",
      "x_test.go": "",
    });
    expect(setup).toEqual(["go build ./... || true"]);
    expect(env["GOFLAGS"]).toBe("-mod=vendor");
  });
});

describe("Rust", () => {
  it("fetches its crates, and checks without network", async () => {
    expect(await story({ "Cargo.toml": "[package]\n", "Cargo.lock": "" })).toMatchInlineSnapshot(`
      {
        "checks": [
          "test: cargo test --offline",
          "build: cargo check --offline --all-targets",
        ],
        "env": {
          "CARGO_HOME": "{workspace}/.fixpoint/cargo",
          "CARGO_TERM_COLOR": "never",
        },
        "kinds": "rust",
        "setup": [
          "CARGO_HOME="$FIXPOINT_CACHE/cargo" cargo fetch --locked",
          "mkdir -p .fixpoint/cargo && if [ -d "$FIXPOINT_CACHE/cargo/registry" ]; then cp -R "$FIXPOINT_CACHE/cargo/registry" .fixpoint/cargo/; fi",
        ],
      }
    `);
  });
});

describe("a repository of several kinds", () => {
  it("keeps the checks of all of them apart, and their search paths together", async () => {
    const { kinds, checks, env } = await story({
      "package.json": manifest,
      "yarn.lock": "# yarn lockfile v1\n",
      "requirements.txt": "pytest\n",
      Makefile: "test:\n\ttrue\nlint:\n\ttrue\n",
    });
    expect(kinds).toBe("yarn, python, make");
    expect(checks).toEqual(["test: yarn test", "test-python: python -m pytest", "lint: make lint"]);
    expect(env["PATH"]).toBe("{workspace}/.fixpoint/tools/node_modules/.bin:{workspace}/.venv/bin:{path}");
  });
});
