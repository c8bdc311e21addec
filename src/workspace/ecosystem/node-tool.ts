/** Where a package manager that the machine may lack is put: on the disk of the workspace, and no part of its content. */
const directory = ".fixpoint/tools";

/** Set-up command that fetches a package manager through npm, which every Node has: exactly the version that the repository asks for. */
export function fetchTool(specifier: string): string {
  const flags = "--no-save --no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline";
  return `npm install --prefix ${directory} ${flags} --cache "$FIXPOINT_CACHE/npm" ${specifier}`;
}

/** Puts the fetched one first, for set-up, checks, and scripts that call it themselves. */
export const toolPath = `{workspace}/${directory}/node_modules/.bin:{path}`;
