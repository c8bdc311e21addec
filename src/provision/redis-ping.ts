import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What answers on a Unix socket: a server that is ready, one that still reads its data, or nobody. */
export type RedisPulse = "ready" | "loading" | "silent";

/** Asks once, and waits at most `timeoutMs` for the answer. A socket file that a killed server left behind is silent. */
export async function pingRedis(socketPath: string, timeoutMs = 2_000): Promise<RedisPulse> {
  const answer = await firstLine(socketPath, "PING", timeoutMs);
  if (answer?.startsWith("+PONG")) return "ready";
  return answer?.startsWith("-LOADING") ? "loading" : "silent";
}

/** Ends a server that is not our child: it writes what it has, exits, and we wait until nobody answers any more. */
export async function shutDownRedis(socketPath: string): Promise<void> {
  await firstLine(socketPath, "SHUTDOWN", 10_000);
  while ((await pingRedis(socketPath)) !== "silent") await sleep(20);
}

/** The first line that a server answers to an inline command; null when it says nothing or hangs up. */
async function firstLine(socketPath: string, command: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath });
    const answer = (line: string | null) => {
      socket.destroy();
      resolve(line);
    };
    let heard = "";
    socket.setTimeout(timeoutMs, () => answer(null));
    socket.on("error", () => answer(null));
    socket.on("close", () => answer(null));
    socket.on("connect", () => socket.write(`${command}\r\n`));
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      const end = heard.indexOf("\r\n");
      if (end >= 0) answer(heard.slice(0, end));
    });
  });
}
