import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  type EgressProxy,
  type EgressRules,
  isPrivateAddress,
  openEgressProxy,
} from "../../../src/workspace/sandbox/egress.ts";
import { newDirectory } from "./open-sandbox.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openProxy(rules: EgressRules): Promise<{ socketPath: string; proxy: EgressProxy }> {
  const socketPath = join(newDirectory(), "proxy.sock");
  const proxy = await openEgressProxy(socketPath, rules);
  closing.push(() => proxy.close());
  return { socketPath, proxy };
}

/** A server that greets and then repeats what it hears. */
async function openEcho(): Promise<number> {
  const server: Server = createTcpServer((socket) => {
    socket.write("hello ");
    socket.pipe(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Asks for a tunnel, says something through it, and hangs up when `answer` characters came back. */
async function tunnel(
  socketPath: string,
  target: string,
  say = "",
  answer = 0,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method: "CONNECT", path: target });
    asking.on("connect", (response: IncomingMessage, socket, head) => {
      let text = head.toString();
      const done = () => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, text });
      };
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (answer > 0 && text.length >= answer) done();
      });
      socket.on("end", done).on("error", reject);
      if (say !== "") socket.write(say);
    });
    asking.on("error", reject);
    asking.end();
  });
}

test("a named host is reached, bytes pass both ways, and the attempt is noted", async () => {
  const port = await openEcho();
  const name = `localhost:${port}`;
  const { socketPath, proxy } = await openProxy({ hosts: [name], privateHosts: [name] });
  expect(await tunnel(socketPath, name, "echo", 10)).toEqual({ status: 200, text: "hello echo" });
  expect(proxy.attempts()).toEqual([{ host: "localhost", port, outcome: "allowed" }]);
});

test("everything that is not on the list is refused with a reason", async () => {
  const { socketPath, proxy } = await openProxy({
    hosts: ["registry.example", "localhost"],
    privateHosts: [],
  });
  const refused = async (target: string) => {
    const { status, text } = await tunnel(socketPath, target);
    return `${status} ${text.trim()}`;
  };
  expect(await refused("evil.example:443")).toBe(
    "403 evil.example is not on the list of hosts that may be reached while installing.",
  );
  expect(await refused("registry.example.evil.example:443")).toMatch(/^403 .* is not on the list/);
  expect(await refused("registry.example:22")).toBe(
    "403 Port 22 of registry.example is not on the list of what may be reached while installing.",
  );
  expect(await refused("registry.example.:443")).toBe("403 That is not a host and a port.");
  expect(await refused("user@registry.example:443")).toBe("403 That is not a host and a port.");
  expect(await refused("169.254.169.254:443")).toMatch(/^403 169\.254\.169\.254 is not on the list/);
  expect(await refused("[::1]:443")).toMatch(/^403 ::1 is not on the list/);
  expect(await refused("registry.example:443")).toBe("403 The name registry.example could not be resolved.");
  expect(await refused("LOCALHOST:443")).toBe(
    "403 localhost leads to a private address. The operator can allow that by naming the host as a private registry.",
  );
  expect(proxy.attempts().map((attempt) => attempt.outcome)).toEqual(Array(9).fill("refused"));
});

test("an address is private wherever it is written", () => {
  const isPrivate = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
  ];
  const isPublic = [
    "1.1.1.1",
    "172.32.0.1",
    "192.169.0.1",
    "203.0.113.80",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
  ];
  expect(isPrivate.filter((address) => !isPrivateAddress(address))).toEqual([]);
  expect(isPublic.filter(isPrivateAddress)).toEqual([]);
});

test("plain http is refused, whatever the host", async () => {
  const { socketPath, proxy } = await openProxy({ hosts: ["registry.example"], privateHosts: [] });
  let visitors = 0;
  const server = createServer((_, response) => {
    visitors += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => server.close());
  const status = await new Promise((resolve, reject) => {
    request({ socketPath, path: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
      .on("response", (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
  expect([status, visitors]).toEqual([403, 0]);
  expect(proxy.attempts()).toEqual([
    {
      host: "127.0.0.1",
      port: 80,
      outcome: "refused",
      reason: "Only encrypted connections (https) to package registries are let through.",
    },
  ]);
});

test("closing ends connections that are still open, and garbage does not end the proxy", async () => {
  const port = await openEcho();
  const name = `localhost:${port}`;
  const { socketPath, proxy } = await openProxy({ hosts: [name], privateHosts: [name] });
  await new Promise<void>((resolve) => {
    const garbage = connect({ path: socketPath }, () => garbage.write("\0\0\0 nonsense\r\n\r\n"));
    garbage
      .on("close", () => resolve())
      .on("error", () => {})
      .resume();
  });
  const closed = new Promise<void>((resolve) => {
    const asking = request({ socketPath, method: "CONNECT", path: name });
    asking.on("connect", (_, socket) => {
      socket.on("close", () => resolve()).resume();
      void proxy.close();
    });
    asking.end();
  });
  await closed;
  await expect(tunnel(socketPath, name)).rejects.toThrow();
});
