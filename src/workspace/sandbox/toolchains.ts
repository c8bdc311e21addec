import { accessSync, constants, existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";

/** Programs outside /usr, and what of the disk is shown for them. */
export interface Toolchains {
  /** directories that are shown read-only, at the path that they have on the host */
  directories: readonly string[];
  /** the search path inside */
  path: string;
  /** variables by which some of them find their own installation, since the home directory inside is another */
  env: Readonly<Record<string, string>>;
}

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const programDirectories = new Set(["bin", "sbin", "shims", "condabin"]);

/** Version managers keep everything below one directory, and it holds no secrets. */
const versionManagers: Readonly<Record<string, string | null>> = {
  ".pyenv": "PYENV_ROOT",
  ".rbenv": "RBENV_ROOT",
  ".rustup": "RUSTUP_HOME",
  ".volta": "VOLTA_HOME",
  ".asdf": "ASDF_DATA_DIR",
  ".nodenv": "NODENV_ROOT",
  ".goenv": "GOENV_ROOT",
};

/** Directories that have a `bin` among things that are nobody's business: `.cargo` may hold the registry's token. */
const mixedDirectories = new Set([".local", ".cargo", "go"]);

/** Signs of a home directory or of somebody's project; neither is ever shown as a whole. */
const privateSigns = [
  ".ssh",
  ".gnupg",
  ".aws",
  ".config",
  ".bashrc",
  ".profile",
  ".netrc",
  ".npmrc",
  ".env",
  ".git",
  "package.json",
];

/**
 * Finds what the programs on a search path need beyond /usr: `~/.nvm/versions/node/v20/bin` needs the directory above it, a
 * link in `~/.local/bin` the installation that it leads to, and cargo the toolchains of rustup. `node` is this process's own,
 * which must run inside whatever the search path says. What is owned by root and closed to others stays closed inside.
 */
export function findToolchains(searchPath: readonly string[], node: string): Toolchains {
  const ofNode = dirname(realpathSync(node));
  // Our own node must run inside even where it comes as a package, and at its own place in the order.
  const wanted = [...searchPath, ofNode].filter(
    (directory) =>
      isOffered(directory) ||
      (isAbsolute(directory) && existsSync(directory) && realpathSync(directory) === ofNode),
  );
  const directories = new Set<string>();
  for (const directory of wanted) {
    if (!isPartOfSystem(realpathSync(directory)))
      for (const root of rootsOf(directory)) directories.add(root);
  }
  for (const directory of new Set([...wanted, ...systemPath.filter(existsSync)])) {
    for (const target of linkedPrograms(directory)) {
      const covered = [...directories].some((shown) => target.startsWith(`${shown}/`));
      const root = covered ? null : installationRoot(dirname(target));
      if (root !== null) directories.add(root);
    }
  }
  const outermost = [...directories].filter(
    (directory) => ![...directories].some((other) => directory.startsWith(`${other}/`)),
  );
  return {
    directories: outermost,
    path: [...new Set([...wanted, ...systemPath])].join(":"),
    env: Object.fromEntries(
      outermost.flatMap((directory) => {
        const variable = versionManagers[basename(directory)];
        return variable ? [[variable, directory]] : [];
      }),
    ),
  };
}

/** `npm run` puts the project's own `node_modules/.bin` on the path: those are programs of the worker, not of the repository. */
function isOffered(directory: string): boolean {
  return (
    isAbsolute(directory) && !/\/(node_modules|node-gyp-bin)(\/|$)/.test(directory) && existsSync(directory)
  );
}

/** What has to be shown for one directory of the search path: at least that directory itself. */
function rootsOf(directory: string): string[] {
  const root = installationRoot(directory) ?? directory;
  const real = realpathSync(root);
  const rustup = join(dirname(dirname(directory)), ".rustup");
  const isCargo = basename(dirname(directory)) === ".cargo" && existsSync(rustup);
  return [...new Set([root, real]), ...(isCargo ? [rustup] : [])];
}

/** The directory that an installation lives in, seen from its programs; null when that would show more than the installation. */
function installationRoot(programs: string): string | null {
  for (let directory = programs; directory !== "/"; directory = dirname(directory)) {
    if (basename(directory) in versionManagers) return directory;
  }
  const above = dirname(programs);
  const isTooMuch =
    dirname(above) === "/" ||
    above === "/" ||
    mixedDirectories.has(basename(above)) ||
    privateSigns.some((sign) => existsSync(join(above, sign)));
  return programDirectories.has(basename(programs)) && !isTooMuch ? above : null;
}

/** Where the links among the programs of a directory really lead, when that is outside the system. */
function linkedPrograms(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isSymbolicLink()) return [];
    try {
      const target = realpathSync(join(directory, entry.name));
      accessSync(target, constants.X_OK);
      return isPartOfSystem(target) ? [] : [target];
    } catch {
      return [];
    }
  });
}

function isPartOfSystem(path: string): boolean {
  return /^\/(usr|bin|sbin|lib|lib32|lib64|libx32)(\/|$)/.test(path);
}
