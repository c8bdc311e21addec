import { readFileSync } from "node:fs";
import { platform } from "node:os";

/** The package that holds a program, by the name each system gives it; null where the system has none. */
export interface PackageNames {
  /** what people call it, for the sentence */
  program: string;
  debian: string;
  fedora: string;
  alpine: string;
  arch: string;
  suse: string;
  macos: string | null;
  /** a sentence on what to do instead of installing it */
  orElse?: string;
}

/** Thrown when a program is missing and cannot be fetched. The message says what to install, and how, on this system. */
export class NeedsInstallError extends Error {
  override name = "NeedsInstallError";
}

export interface SystemIdentity {
  platform: string;
  /** `ID` and the words of `ID_LIKE` in /etc/os-release; empty where there is no such file */
  ids: readonly string[];
  /** names one release of one system, e.g. `debian-12` */
  release: string;
}

export function thisSystem(): SystemIdentity {
  const fields = osRelease();
  const id = fields.get("ID") ?? platform();
  return {
    platform: platform(),
    ids: [id, ...(fields.get("ID_LIKE") ?? "").split(" ")].filter((word) => word !== ""),
    release: [id, fields.get("VERSION_ID")].filter((word) => word !== undefined).join("-"),
  };
}

/** Names the command to type on `system`, and what can be done instead. */
export function installAdvice(names: PackageNames, system: SystemIdentity): string {
  const command = installCommand(names, system);
  return names.orElse === undefined ? command : `${command}\n${names.orElse}`;
}

function installCommand(names: PackageNames, system: SystemIdentity): string {
  if (system.platform === "darwin") {
    return names.macos === null
      ? `${names.program} does not exist for macOS; run Fixpoint on Linux, for example in a virtual machine or a container.`
      : `Install it with: brew install ${names.macos}`;
  }
  const known: readonly [ids: readonly string[], command: string][] = [
    [["debian", "ubuntu"], `sudo apt-get install ${names.debian}`],
    [["fedora", "rhel", "centos"], `sudo dnf install ${names.fedora}`],
    [["alpine"], `sudo apk add ${names.alpine}`],
    [["arch"], `sudo pacman -S ${names.arch}`],
    [["suse", "opensuse"], `sudo zypper install ${names.suse}`],
  ];
  const fits = known.find(([ids]) => ids.some((id) => system.ids.includes(id)));
  if (fits) return `Install it with: ${fits[1]}`;
  return `Install the package ${names.debian} (the name on Debian; other systems call it ${names.fedora}) with your system's package manager.`;
}

function osRelease(): Map<string, string> {
  try {
    const lines = readFileSync("/etc/os-release", "utf8").split("\n");
    return new Map(
      lines.flatMap((line) => {
        const match = /^([A-Z_]+)="?([^"]*)"?$/.exec(line.trim());
        return match?.[1] && match[2] !== undefined ? [[match[1], match[2]] as const] : [];
      }),
    );
  } catch {
    return new Map();
  }
}
