import { cleanLiteral } from "../run/clean-text.ts";
import { numberedLines, splitLines } from "../tools/numbered-lines.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** The files as they stand, and which of them the model may see. */
export interface Surroundings {
  workspace: Pick<Workspace, "list" | "read">;
  /** no for what the repository keeps from model providers */
  mayRead(path: string): boolean;
}

/** A file as it stands in the first message of a step. */
export interface OpenedFile {
  path: string;
  /** lines as `number|text`, or a sentence that says why they are not shown */
  text: string;
  /** set when the whole file is shown: it counts as read, and may be edited at once */
  digest: string | null;
}

const mostOpened = { perFile: 24_000, together: 60_000 };

/**
 * The files that a step names, as far as they exist, may be shown and fit. What is not shown whole has to be read by the model.
 * In the order of the plan, which is the order of importance.
 */
export async function openFiles(deps: Surroundings, paths: readonly string[]): Promise<OpenedFile[]> {
  const opened: OpenedFile[] = [];
  let room = mostOpened.together;
  for (const path of paths) {
    if (!deps.mayRead(path)) continue;
    const file = await openFile(deps.workspace, path, Math.min(room, mostOpened.perFile));
    if (file.digest !== null) room -= file.text.length;
    opened.push(file);
  }
  return opened;
}

async function openFile(
  workspace: Surroundings["workspace"],
  path: string,
  room: number,
): Promise<OpenedFile> {
  const note = (text: string): OpenedFile => ({ path, text: `(${text})`, digest: null });
  const content = await workspace.read(path).catch(() => "refused" as const);
  if (content === "refused") return note("it cannot be read");
  if (!content) return note("this file does not exist yet");
  const text = decodeText(content.bytes);
  if (text === null) return note("it is not text");
  const lines = splitLines(text);
  const shown = numberedLines(lines, 1, lines.length);
  if (shown.length > room) return note(`too long to stand here, ${lines.length} lines; read what you need`);
  // With hidden characters in it the lines below differ from the file, and edits of those lines need a closer look.
  const { hiddenSpans } = cleanLiteral(text);
  return {
    path,
    text: text === "" ? "(it is empty)" : shown,
    digest: hiddenSpans > 0 ? null : content.digest,
  };
}

/** UTF-8 text, or null for anything else. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\u0000") ? null : text;
  } catch {
    return null;
  }
}
