/** A real package, at a version with a bug that its authors have mended since, and the script that mends it our way. */
export type ForeignPackage = {
  /** Name of `demo/scripts/<name>.json` and `demo/scripts/<name>.issue.md`. */
  name: string;
  spec: string;
  /** The check, as for `--check` and `--workflow`. The packages' own `test` scripts also lint and ask the network for advisories. */
  check: { name: string; command: string };
  /** Files that hold the bug: with these put back, the script's own tests must fail. */
  sources: string[];
  /** Attempts of the script whose check must fail. */
  red: string[];
};

export const foreignPackages: ForeignPackage[] = [
  {
    name: "qs-plus-sign",
    spec: "qs@6.16.0",
    check: { name: "test", command: "node_modules/.bin/tape test/*.js" },
    sources: ["lib/utils.js"],
    red: [],
  },
  {
    name: "object-inspect-quotes",
    spec: "object-inspect@1.13.2",
    check: { name: "test", command: "node_modules/.bin/tape test/*.js" },
    sources: ["index.js"],
    red: ["step 1, attempt 1"],
  },
];
