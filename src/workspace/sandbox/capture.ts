type StreamName = "stdout" | "stderr";

/** Keeps what a command prints, each stream by itself and both in the order in which they arrived, within a limit for each. */
export function createCapture(limit: number) {
  const kept = {
    stdout: createHeadTail(limit),
    stderr: createHeadTail(limit),
    output: createHeadTail(limit),
  };
  return {
    add(stream: StreamName, chunk: Buffer) {
      kept[stream].add(chunk);
      kept.output.add(chunk);
    },
    take: () => ({
      stdout: kept.stdout.text(),
      stderr: kept.stderr.text(),
      output: kept.output.text(),
      truncated: kept.stdout.leftOut() > 0 || kept.stderr.leftOut() > 0 || kept.output.leftOut() > 0,
    }),
  };
}

/** Keeps the first and the last half of `limit` bytes: the beginning of an output says what ran, its end says how it went. */
function createHeadTail(limit: number) {
  const half = Math.ceil(limit / 2);
  const head: Buffer[] = [];
  let tail: Buffer[] = [];
  let headBytes = 0;
  let tailBytes = 0;
  let total = 0;
  return {
    add(chunk: Buffer) {
      total += chunk.length;
      const forHead = chunk.subarray(0, half - headBytes);
      if (forHead.length > 0) head.push(forHead);
      headBytes += forHead.length;
      const rest = chunk.subarray(forHead.length);
      if (rest.length === 0) return;
      tail.push(rest);
      tailBytes += rest.length;
      if (tailBytes > 2 * half + 65_536) {
        tail = [Buffer.concat(tail).subarray(-half)];
        tailBytes = half;
      }
    },
    leftOut: () => Math.max(0, total - headBytes - Math.min(half, tailBytes)),
    text() {
      const end = Buffer.concat(tail).subarray(-half);
      const missing = total - headBytes - end.length;
      const middle = missing > 0 ? `\n[… ${missing} bytes left out …]\n` : "";
      return `${Buffer.concat(head).toString("utf8")}${middle}${end.toString("utf8")}`;
    },
  };
}
