import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What answers on a Unix socket: a server that is ready, one that still reads its data, or nobody. */
export type RedisPulse = "ready" | "loading" | "silent";

/** Asks once, and waits at most `timeoutMs` for the answer. A socket file that a killed server left behind is silent. */
export async function pingRedis(socketPath: string, timeoutMs = 2_000): Promise<RedisPulse> {
  const answer = await ask(socketPath, "PING", /^[+-].*\r\n/, timeoutMs);
  if (answer?.startsWith("+PONG")) return "ready";
  return answer?.startsWith("-LOADING") ? "loading" : "silent";
}

/** Which process answers on the socket, or null. */
export async function redisProcess(socketPath: string): Promise<number | null> {
  const answer = await ask(socketPath, "INFO server", /^process_id:\d+\r\n/m, 2_000);
  const id = /process_id:(\d+)/.exec(answer ?? "")?.[1];
  return id === undefined ? null : Number(id);
}

/** Ends a server that is not our child: it writes what it has, exits, and we wait until nobody answers any more. */
export async function shutDownRedis(socketPath: string): Promise<void> {
  await ask(socketPath, "SHUTDOWN", /\r\n/, 10_000);
  while ((await pingRedis(socketPath)) !== "silent") await sleep(20);
}

/** What a server answers to an inline command, as far as `enough`; null when it says nothing or hangs up before. */
async function ask(
  socketPath: string,
  command: string,
  enough: RegExp,
  timeoutMs: number,
): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath });
    const answer = (text: string | null) => {
      socket.destroy();
      resolve(text);
    };
    let heard = "";
    socket.setTimeout(timeoutMs, () => answer(null));
    socket.on("error", () => answer(null));
    socket.on("close", () => answer(null));
    socket.on("connect", () => socket.write(`${command}\r\n`));
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (enough.test(heard)) answer(heard);
    });
  });
}
