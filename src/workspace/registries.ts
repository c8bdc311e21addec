/**
 * The package registries that installing may reach by default, for each ecosystem. This is the one place where they are named;
 * a mirror or a registry of the house comes from configuration.
 */
export const registryHostsOf = {
  npm: ["registry.npmjs.org"],
  pnpm: ["registry.npmjs.org"],
  yarn: ["registry.yarnpkg.com", "registry.npmjs.org"],
  python: ["pypi.org", "files.pythonhosted.org"],
  go: ["proxy.golang.org", "sum.golang.org", "storage.googleapis.com"],
  rust: ["index.crates.io", "static.crates.io", "crates.io"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** All of them, each once. */
export const registryHosts: readonly string[] = [...new Set(Object.values(registryHostsOf).flat())];
