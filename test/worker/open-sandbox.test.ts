import { generateKeyPairSync } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/logger.ts";
import { openSandbox } from "../../src/worker/open-sandbox.ts";
import { command, newDirectory, newWorkspace } from "../workspace/sandbox/open-sandbox.ts";

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

/** Asks the proxy that stands in the environment for a tunnel to localhost, as a package manager would. */
const askForTunnel = `
  const proxy = new URL(process.env.HTTPS_PROXY);
  require("node:http")
    .request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: "localhost:443" })
    .on("connect", () => process.exit()).on("error", () => process.exit()).end();
`;

it.for([
  ["localhost", "allowed"],
  ["registry.example", "refused"],
] as const)(
  "a registry that the operator names may stand on a private address: %s",
  async ([named, outcome]) => {
    const config = readConfig({
      APP_ID: "1",
      PRIVATE_KEY: key.export({ type: "pkcs1", format: "pem" }).toString(),
      PATH: process.env["PATH"],
      FIXPOINT_DATA_DIR: newDirectory(),
      FIXPOINT_CACHE_DIR: process.env["FIXPOINT_CACHE_DIR"] ?? join(homedir(), ".cache/fixpoint"),
      FIXPOINT_REGISTRY_HOSTS: named,
    });
    const { sandbox, problem } = await openSandbox(config, createLogger({ name: "test", level: "silent" }));
    expect(problem).toBeNull();
    const spec = command(newWorkspace({}), `node -e '${askForTunnel}'`, {
      network: { kind: "allow", hosts: ["localhost"] },
    });
    const { egress } = await sandbox.run(spec);
    expect(egress?.map((attempt) => `${attempt.host}:${attempt.port} ${attempt.outcome}`)).toEqual([
      `localhost:443 ${outcome}`,
    ]);
  },
);
