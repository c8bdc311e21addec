import type { Hmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** `bytes` is empty when the body was not to be kept. */
export type Body =
  | { status: "whole"; bytes: Buffer }
  | { status: "too_large" }
  | { status: "no_room" }
  | { status: "cut_off" };

/** Memory for large bodies, shared by all requests: strangers may send megabytes before their signature turns out to be false. */
export interface Room {
  free: number;
}

/** What every request may hold without asking for room; GitHub's deliveries are 10 to 30 kB, seldom more. */
const SMALL = 1_000_000;

/** Reads a body as it streams and stops at the first byte above `most`. The bytes received count, not what a header promised. */
export function readBody(
  request: IncomingMessage,
  rules: { most: number; keep: boolean; signature: Hmac; room: Room },
): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let taken = 0;
    const finish = (body: Body) => {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      rules.room.free += taken;
      resolve(body);
    };
    const onData = (chunk: Buffer) => {
      received += chunk.length;
      if (received > rules.most) return finish({ status: "too_large" });
      rules.signature.update(chunk);
      if (!rules.keep) return;
      chunks.push(chunk);
      const more = Math.max(0, received - SMALL) - taken;
      if (more > rules.room.free) return finish({ status: "no_room" });
      taken += more;
      rules.room.free -= more;
    };
    const onEnd = () => finish({ status: "whole", bytes: Buffer.concat(chunks) });
    const onClose = () => finish({ status: "cut_off" });
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}
