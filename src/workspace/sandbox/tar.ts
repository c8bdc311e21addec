/** One entry of a tar archive as GNU tar writes it with `--format=pax`. */
export interface TarEntry {
  /** as it stands in the archive; null when it is not UTF-8 */
  name: string | null;
  kind: "file" | "directory" | "symbolic link" | "character device" | "other";
  mode: number;
  content: Uint8Array;
  /** major and minor of a device */
  device: readonly [number, number];
  /** extended headers, e.g. `SCHILY.xattr.user.overlay.opaque` */
  extended: ReadonlyMap<string, string>;
}

const blockSize = 512;
const kinds: Readonly<Record<string, TarEntry["kind"]>> = {
  "0": "file",
  "\0": "file",
  "2": "symbolic link",
  "3": "character device",
  "5": "directory",
};

/** Reads an archive that is wholly in memory. Throws RangeError when it is cut off or is no archive. */
export function readTar(archive: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let extended = new Map<string, string>();
  for (let at = 0; at + blockSize <= archive.length; ) {
    const header = archive.subarray(at, at + blockSize);
    if (header.every((byte) => byte === 0)) return entries;
    if (header.toString("latin1", 257, 262) !== "ustar") throw new RangeError("not a tar header");
    const type = header.toString("latin1", 156, 157);
    const size = extended.has("size") ? Number(extended.get("size")) : readNumber(header, 124, 12);
    const from = at + blockSize;
    if (!Number.isSafeInteger(size) || size < 0 || from + size > archive.length)
      throw new RangeError("cut off");
    const content = archive.subarray(from, from + size);
    at = from + Math.ceil(size / blockSize) * blockSize;
    if (type === "x") {
      extended = readExtended(content);
    } else if (type !== "g") {
      entries.push({ ...describe(header, extended), kind: kinds[type] ?? "other", content, extended });
      extended = new Map();
    }
  }
  throw new RangeError("cut off");
}

function describe(
  header: Buffer,
  extended: ReadonlyMap<string, string>,
): Pick<TarEntry, "name" | "mode" | "device"> {
  const [prefix, short] = [readText(header, 345, 155), readText(header, 0, 100)];
  const plain = prefix === null || short === null ? null : prefix === "" ? short : `${prefix}/${short}`;
  return {
    name: extended.get("path") ?? plain,
    mode: readNumber(header, 100, 8),
    device: [readNumber(header, 329, 8), readNumber(header, 337, 8)],
  };
}

/** Records of the form `27 path=some/name\n`, where the number counts the bytes of the whole record. */
function readExtended(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (
      space < 0 ||
      !Number.isSafeInteger(length) ||
      length <= space - at + 1 ||
      at + length > content.length
    ) {
      throw new RangeError("broken extended header");
    }
    const record = content.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    const value = decode(record.subarray(equals + 1));
    // A name that is not text must not fall back to the shortened one in the header, which could be another file's.
    records.set(record.toString("latin1", 0, equals), value ?? "\0");
    at += length;
  }
  return records;
}

function readText(header: Buffer, at: number, length: number): string | null {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return decode(end < 0 ? field : field.subarray(0, end));
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Octal digits, or, for what does not fit, a binary number with the first bit set. */
function readNumber(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (((field[0] ?? 0) & 0x80) === 0)
    return Number.parseInt(field.toString("latin1").replace(/[\0 ]+$/, "") || "0", 8);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] ?? 0) & 0x7f);
}
