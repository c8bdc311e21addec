import type { Check } from "../../run/check.ts";
import { type Detector, proving, type RepositoryFiles } from "./ecosystem.ts";
import { outlineToml, type TomlOutline } from "./toml-outline.ts";

const requirementFiles = [
  "requirements.txt",
  "requirements-dev.txt",
  "requirements-test.txt",
  "requirements_dev.txt",
  "requirements_test.txt",
  "dev-requirements.txt",
  "test-requirements.txt",
  "requirements/dev.txt",
  "requirements/test.txt",
  "requirements/tests.txt",
];
const testGroups = ["test", "tests", "testing", "dev", "develop"];

/** Python projects: pyproject.toml, setup.py or requirements files, checked by pytest or unittest. */
export const detectPython: Detector = async (files) => {
  const markers = ["pyproject.toml", "setup.py", "setup.cfg", "Pipfile", ...requirementFiles].filter(
    files.has,
  );
  const tests = files.paths.filter((path) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(path));
  if (markers.length === 0 && tests.length === 0) return null;
  const project = outlineToml((await files.read("pyproject.toml")) ?? "");
  const requirements = markers.filter((name) => requirementFiles.includes(name));
  const settings = await readAll(files, [...markers, "tox.ini", "pytest.ini", "tox.toml"]);
  const usesPytest = files.has("pytest.ini") || files.has("conftest.py") || /\bpytest\b/.test(settings);
  const wants = wantedPackages(files, project, requirements, usesPytest);
  const installs = wants.length > 0;
  const commands = installs ? [createEnvironment, ...installCommands(files, project, wants)] : [];
  return {
    ecosystem: "python",
    checks: checksOf(files, project, { usesPytest, hasTests: tests.length > 0, installs, settings }),
    commands,
    env: installs ? { PATH: "{workspace}/.venv/bin:{path}" } : {},
    findings: findingsOf(markers, tests, usesPytest, commands),
  };
};

const pip = 'python -m pip install --no-input --disable-pip-version-check --cache-dir "$FIXPOINT_CACHE/pip"';

// Some distributions leave pip out of new environments; then the system's own pip fills it.
const createEnvironment = {
  command:
    'python3 -m venv .venv || { python3 -m venv --clear --without-pip .venv && python3 -m pip --python .venv/bin/python install --cache-dir "$FIXPOINT_CACHE/pip" pip; }',
  why: "An environment of its own keeps the packages beside the content.",
};

/** What is given to pip; empty when there is nothing to install. */
function wantedPackages(
  files: RepositoryFiles,
  project: TomlOutline,
  requirements: readonly string[],
  usesPytest: boolean,
): string[] {
  const isPackage = files.has("setup.py") || project.hasTable("project") || project.hasTable("build-system");
  const extras = project.keysOf("project.optional-dependencies").filter((name) => testGroups.includes(name));
  const groups = project.keysOf("dependency-groups").filter((name) => testGroups.includes(name));
  // Poetry's own tables: pip cannot read them, so their packages are named, without versions.
  const poetry = [
    "tool.poetry.dev-dependencies",
    "tool.poetry.group.dev.dependencies",
    "tool.poetry.group.test.dependencies",
  ];
  const ofPoetry = poetry.flatMap((table) => project.keysOf(table)).filter((name) => name !== "python");
  return [
    ...requirements.map((name) => `-r ${name}`),
    ...(isPackage ? [extras.length > 0 ? `-e '.[${extras.join(",")}]'` : "-e ."] : []),
    ...groups.map((name) => `--group ${name}`),
    ...new Set([...ofPoetry, ...(usesPytest ? ["pytest"] : [])]),
  ];
}

function installCommands(
  files: RepositoryFiles,
  project: TomlOutline,
  wants: readonly string[],
): { command: string; why: string }[] {
  if (files.has("uv.lock")) {
    return [
      { command: `${pip} uv`, why: "uv.lock is read by uv." },
      {
        command:
          'UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_CACHE_DIR="$FIXPOINT_CACHE/uv" uv sync --frozen --inexact --all-extras --all-groups',
        why: "uv.lock pins the packages.",
      },
    ];
  }
  const newPip = project.hasTable("dependency-groups")
    ? [
        {
          command: `${pip} 'pip>=25.1'`,
          why: "pyproject.toml has dependency groups, which older versions of pip do not know.",
        },
      ]
    : [];
  // A source distribution runs its own code when it is installed; a wheel does not.
  const why = "Only ready-made packages (wheels) are taken, since building one runs its code.";
  return [...newPip, { command: `${pip} --only-binary :all: ${wants.join(" ")}`, why }];
}

function checksOf(
  files: RepositoryFiles,
  project: TomlOutline,
  facts: { usesPytest: boolean; hasTests: boolean; installs: boolean; settings: string },
): Check[] {
  const python = facts.installs ? "python" : "python3";
  const checks: Check[] = [];
  if (facts.usesPytest) checks.push(proving("test", `${python} -m pytest`, "pytest in the Python settings"));
  else if (facts.hasTests) {
    const from =
      files.paths.some((path) => path.startsWith("tests/")) && !files.has("tests/__init__.py")
        ? " -s tests"
        : "";
    checks.push(proving("test", `${python} -m unittest discover${from}`, "test files of Python"));
  }
  const configuresRuff =
    project.hasTableBelow("tool.ruff") || files.has("ruff.toml") || files.has(".ruff.toml");
  if (facts.installs && configuresRuff && /^\s*["']?ruff\b(?!\.)/m.test(facts.settings)) {
    checks.push(proving("lint", "ruff check .", "ruff in the Python settings"));
  }
  return checks;
}

function findingsOf(
  markers: readonly string[],
  tests: readonly string[],
  usesPytest: boolean,
  commands: readonly { why: string }[],
): string[] {
  const what =
    markers.length > 0 ? `${markers.join(", ")} describe a Python project.` : "There are tests in Python.";
  const runner = usesPytest
    ? "Its settings name pytest."
    : tests.length > 0
      ? `There are ${tests.length} test files and no word of pytest, so unittest runs them.`
      : "No tests in Python were found.";
  return [what, runner, ...commands.slice(1).map((each) => each.why)];
}

async function readAll(files: RepositoryFiles, paths: readonly string[]): Promise<string> {
  const texts = await Promise.all([...new Set(paths)].map((path) => files.read(path)));
  return texts.filter((text) => text !== null).join("\n");
}
