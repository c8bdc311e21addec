/** What `apt-cache show` says of one package, as far as fetching it needs. */
export interface PackageRecord {
  name: string;
  /** the source package that it is built from */
  source: string;
  /** for each dependency its alternatives, without versions */
  dependsOn: readonly (readonly string[])[];
}

// The C library belongs to the loader that starts every program of this machine: a second copy of it would not fit that
// loader. It is present wherever Node is, so it is never fetched; the same holds for what it brings itself.
const partOfEverySystem = new Set(["libc6", "libcrypt1", "libgcc-s1"]);

/**
 * The package and everything it needs to start: packages of the same source (redis-server's program lies in redis-tools) and
 * libraries, all the way down. Other dependencies (init scripts, user accounts) are for an installed service and are left out.
 * `show` answers the records of the names it knows and leaves out the others.
 */
export async function packageClosure(
  name: string,
  show: (names: readonly string[]) => Promise<readonly PackageRecord[]>,
): Promise<string[]> {
  const found = new Map<string, PackageRecord>();
  let asked = new Set<string>([name]);
  let frontier = [name];
  let source: string | undefined;
  while (frontier.length > 0) {
    const records = await show(frontier);
    const next = new Set<string>();
    for (const record of records) {
      if (found.has(record.name)) continue;
      source ??= record.source;
      const isLibrary = record.name.startsWith("lib") && !record.name.endsWith("-dev");
      if (record.source !== source && !isLibrary) continue;
      found.set(record.name, record);
      for (const alternatives of record.dependsOn) {
        const choice = alternatives.find((alternative) => !partOfEverySystem.has(alternative));
        if (choice !== undefined && alternatives[0] === choice && !asked.has(choice)) next.add(choice);
      }
    }
    asked = new Set([...asked, ...next]);
    frontier = [...next];
  }
  return [...found.keys()].sort();
}

/** Reads the stanzas that `apt-cache show --no-all-versions` prints. */
export function parsePackageRecords(text: string): PackageRecord[] {
  return text.split(/\n\n+/).flatMap((stanza) => {
    const name = field(stanza, "Package");
    if (name === undefined) return [];
    const source = field(stanza, "Source")?.split(" ")[0] ?? name;
    const dependsOn = ["Pre-Depends", "Depends"].flatMap((kind) =>
      (field(stanza, kind) ?? "")
        .split(",")
        .map((entry) => entry.split("|").map(bareName).filter(isPackageName))
        .filter((alternatives) => alternatives.length > 0),
    );
    return [{ name, source, dependsOn }];
  });
}

function field(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, "m").exec(stanza)?.[1]?.trim();
}

/** `libc6:amd64 (>= 2.34)` is about `libc6`. */
function bareName(entry: string): string {
  return entry.trim().split(/[\s(:]/)[0] ?? "";
}

/** Debian Policy 5.6.7; anything else never becomes an argument of apt. */
function isPackageName(name: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]+$/.test(name);
}
