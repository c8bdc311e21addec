import { spawn } from "node:child_process";
import { rgPath } from "@vscode/ripgrep";

export interface Hit {
  path: string;
  line: number;
  text: string;
}

export interface SearchOutcome {
  /** sorted by path and line, so that the same search always reads the same */
  hits: Hit[];
  /** what ripgrep objected to, e.g. a malformed pattern; null when it searched */
  problem: string | null;
}

/** a file with more is cut off there; the next file still has its say */
export const mostPerFile = 50;
const maxColumns = 300;
const timeoutMs = 20_000;
const maxOutputBytes = 8_000_000;
/** below the kernel's limit of 2 MB for arguments and environment together */
const argumentBytes = 1_000_000;

/**
 * Searches exactly the given files with ripgrep's linear-time engine: what is not in the list (private files, what set-up made) is never
 * opened. `files` are relative to `root`. Plain output, because its JSON repeats every match within a line and knows no limit of columns:
 * one long line made it 20 seconds slow.
 */
export async function searchFiles(request: {
  root: string;
  files: readonly string[];
  pattern: string;
  flags: readonly ("--fixed-strings" | "--ignore-case")[];
  signal: AbortSignal;
}): Promise<SearchOutcome> {
  const hits: Hit[] = [];
  for (const files of inPortions(request.files)) {
    const { output, problem } = await runRipgrep({ ...request, files });
    if (problem !== null) return { hits: [], problem };
    hits.push(...readHits(output));
  }
  hits.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
  return { hits, problem: null };
}

function inPortions(files: readonly string[]): string[][] {
  const portions: string[][] = [];
  let room = 0;
  for (const file of files) {
    // The kernel counts a pointer for each argument too.
    const size = Buffer.byteLength(file) + 16;
    if (size > room) {
      portions.push([]);
      room = argumentBytes;
    }
    room -= size;
    // `./`, since a file named `-` would mean standard input.
    portions[portions.length - 1]?.push(`./${file}`);
  }
  return portions;
}

function runRipgrep(request: {
  root: string;
  files: readonly string[];
  pattern: string;
  flags: readonly string[];
  signal: AbortSignal;
}): Promise<{ output: string; problem: string | null }> {
  const args = [
    ...[
      "--no-config",
      "--no-messages",
      "--color=never",
      "--no-heading",
      "--with-filename",
      "--line-number",
      "--null",
    ],
    ...["--max-columns", String(maxColumns), "--max-columns-preview", "--max-count", String(mostPerFile)],
    ...[...request.flags, "-e", request.pattern, "--", ...request.files],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(rgPath, args, {
      cwd: request.root,
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      signal: request.signal,
    });
    const output: Buffer[] = [];
    let bytes = 0;
    let words = "";
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      output.push(chunk);
      if (bytes > maxOutputBytes) child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString("utf8")).slice(0, 1_000);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal && bytes <= maxOutputBytes) {
        return reject(new Error("The search took too long; narrow the pattern or the folder."));
      }
      const problem = code === 2 && words.trim() !== "" ? words.trim() : null;
      resolve({ output: Buffer.concat(output).toString("utf8"), problem });
    });
  });
}

/** `./path`, a zero byte, the line's number, a colon, the line. ripgrep's remark about a binary file has no number, and is dropped. */
function readHits(output: string): Hit[] {
  return output.split("\n").flatMap((line) => {
    const [, path, number, text] = /^\.\/([^\0]+)\0(\d+):(.*)$/s.exec(line) ?? [];
    if (path === undefined || number === undefined || text === undefined) return [];
    return [{ path, line: Number(number), text: text.replace(/\r$/, "") }];
  });
}
