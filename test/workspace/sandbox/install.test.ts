import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askPrograms, createRegistries } from "../../../src/workspace/registries.ts";
import { command, newWorkspace, openSandbox } from "./open-sandbox.ts";

const trustedCa = process.env["NODE_EXTRA_CA_CERTS"];
const ask = askPrograms(process.env["PATH"] ?? "", process.env["HOME"] ?? "/");
const registryHosts = (await createRegistries(ask)(["npm"])).hosts["npm"] ?? [];
const allow = { kind: "allow", hosts: registryHosts } as const;

test("npm installs a package through the proxy, keeps it in the workspace, and the attempt is told", async () => {
  const sandbox = await openSandbox(trustedCa ? { trustedCa } : {});
  const workspace = newWorkspace({
    "package.json": JSON.stringify({ name: "sample", dependencies: { "is-odd": "3.0.1" } }),
  });
  const result = await sandbox.run(
    command(workspace, "npm install --ignore-scripts --no-audit --no-fund", {
      mode: "persist",
      network: allow,
    }),
  );
  expect([result.code, result.stderr]).toEqual([0, ""]);
  expect(new Set(result.egress?.map((attempt) => `${attempt.outcome} ${attempt.host}`))).toEqual(
    new Set([`allowed ${registryHosts[0]}`]),
  );
  expect(JSON.parse(readFileSync(join(workspace, "node_modules/is-odd/package.json"), "utf8"))).toMatchObject(
    {
      version: "3.0.1",
    },
  );
  const check = await sandbox.run(command(workspace, "node -p 'require(\"is-odd\")(3)'"));
  expect(check.stdout).toBe("true\n");
});

test("while installing nothing but the named hosts is reached: not others, not the host's loopback, not around the proxy", async () => {
  let visitors = 0;
  const server = createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const sandbox = await openSandbox();
  const script = `
    const net = require("node:net"), http = require("node:http");
    const direct = (port, host) => new Promise((done) => net.connect({ port, host, timeout: 2000 })
      .on("connect", () => done("connected")).on("timeout", () => done("timeout")).on("error", (error) => done(error.code)));
    const proxied = (path) => new Promise((done) => http.request({ port: 3128, method: "CONNECT", path })
      .on("connect", (response) => done(response.statusCode)).on("error", (error) => done(error.code)).end());
    (async () => {
      console.log(await direct(${port}, "127.0.0.1"), await direct(443, "192.0.2.1"), await direct(443, "${registryHosts[0]}"));
      console.log(await proxied("127.0.0.1:${port}"), await proxied("example.com:443"), await proxied("localhost:443"));
      process.exit();
    })();`;
  const result = await sandbox.run(
    command(newWorkspace({}), "", {
      argv: ["node", "-e", script],
      network: { kind: "allow", hosts: ["localhost"] },
    }),
  );
  server.close();
  expect(result.stdout).toMatch(/^ECONNREFUSED ENETUNREACH (EAI_AGAIN|ENOTFOUND)\n403 403 403\n$/);
  expect(visitors).toBe(0);
  expect(result.egress?.map((attempt) => attempt.outcome)).toEqual(["refused", "refused", "refused"]);
});

test("the exit code of a command passes through the relay, and a signal becomes 128 and its number", async () => {
  const sandbox = await openSandbox();
  const run = (script: string) => sandbox.run(command(newWorkspace({}), script, { network: allow }));
  const results = [await run("exit 7"), await run("kill -TERM $$")];
  expect(results.map((result) => [result.code, result.egress])).toEqual([
    [7, []],
    [143, []],
  ]);
});

test("a check without egress knows nothing of the proxy", async () => {
  const sandbox = await openSandbox(trustedCa ? { trustedCa } : {});
  const result = await sandbox.run(command(newWorkspace({}), "env | grep -ci proxy; ls /run/fixpoint"));
  expect([result.stdout, result.egress, existsSync("/run/fixpoint")]).toEqual(["0\n", undefined, false]);
});
