import { join } from "node:path";
import { fetchDistributionPackage } from "./distribution-package.ts";
import { findProgram, systemPath } from "./find-program.ts";
import { installAdvice, NeedsInstallError, type PackageNames, thisSystem } from "./install-advice.ts";

const bubblewrapPackage: PackageNames = {
  program: "bubblewrap (bwrap), the program that the sandbox is made with,",
  debian: "bubblewrap",
  fedora: "bubblewrap",
  alpine: "bubblewrap",
  arch: "bubblewrap",
  suse: "bubblewrap",
  macos: null,
};

export interface ProvidedBubblewrap {
  bwrap: string;
  /** set when it was fetched: `LD_LIBRARY_PATH` of bwrap itself, never of what runs inside */
  libraryPath?: string;
}

/** `bwrap` from `path`, else the distribution's package fetched without root, else a NeedsInstallError that says what to type. */
export async function provideBubblewrap(request: {
  cacheDir: string;
  path?: string;
  log?: (line: string) => void;
}): Promise<ProvidedBubblewrap> {
  const path = request.path ?? systemPath;
  const installed = findProgram("bwrap", path);
  if (installed !== null) return { bwrap: installed };
  const system = thisSystem();
  if (system.platform !== "linux") throw new NeedsInstallError(installAdvice(bubblewrapPackage, system));
  const fetched = await fetchDistributionPackage({
    names: bubblewrapPackage,
    cacheDir: request.cacheDir,
    path,
    log: request.log ?? (() => {}),
  });
  return { bwrap: join(fetched.bin, "bwrap"), libraryPath: fetched.libraryPath };
}
