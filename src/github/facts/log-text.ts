/** How much of the end of a log is kept in memory while it is read. */
const TAIL_BYTES = 512 * 1024;
/** Where reading stops: a job that prints more than this is cut there, and the end of what came is used. */
const MOST_BYTES = 64 * 1024 * 1024;

const ESCAPE = String.fromCharCode(27);
const colours = new RegExp(`${ESCAPE}\\[[0-9;?]*[ -/]*[@-~]`, "g");

/** The last half megabyte of a stream of bytes, as text; what is no stream (or no body at all) is empty. */
export async function readTail(body: unknown): Promise<string> {
  if (!(body instanceof ReadableStream)) return typeof body === "string" ? body.slice(-TAIL_BYTES) : "";
  let kept: Buffer[] = [];
  let size = 0;
  let read = 0;
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    kept.push(Buffer.from(chunk));
    size += chunk.length;
    read += chunk.length;
    if (size > 2 * TAIL_BYTES) {
      kept = [Buffer.concat(kept).subarray(-TAIL_BYTES)];
      size = TAIL_BYTES;
    }
    if (read > MOST_BYTES) break;
  }
  return Buffer.concat(kept).subarray(-TAIL_BYTES).toString("utf8");
}

/**
 * The part of a job's log that says why: up to its last `##[error]`, since what follows is only clean-up.
 * Without the timestamps and colours that GitHub puts into each line; at most `maxChars`, from the end.
 */
export function failingPart(log: string, maxChars: number): string {
  const lines = log
    .replace(colours, "")
    .split(/\r?\n/)
    .map((line) => line.replace(/^\ufeff?\d{4}-\d\d-\d\dT[\d:.]{8,20}Z ?/, ""));
  const last = lines.findLastIndex((line) => line.startsWith("##[error]"));
  const text = lines
    .slice(0, last < 0 ? lines.length : last + 1)
    .join("\n")
    .trim();
  if (text.length <= maxChars) return text;
  const end = text.slice(-maxChars);
  return `… (the beginning is left out)\n${end.slice(end.indexOf("\n") + 1)}`;
}
