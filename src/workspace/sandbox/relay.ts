import { inside } from "./bubblewrap.ts";

/** Where programs inside find the proxy; the sandbox has a loopback of its own, so this port is nobody else's. */
const relayPort = 3128;
const proxyUrl = `http://127.0.0.1:${relayPort}`;
export const proxySocketInside = `${inside.relay}/egress.sock`;

/**
 * Programs speak to proxies over TCP only, and the sandbox has no way out but a Unix socket: this passes bytes between the two.
 * It runs inside, is trusted with nothing, and starts the command once it listens.
 */
const relayScript = `
const net = require("node:net"), { spawn } = require("node:child_process"), { constants } = require("node:os");
const [socket, program, ...args] = process.argv.slice(1);
net.createServer((near) => {
  const far = net.connect(socket);
  near.on("error", () => far.destroy()).on("close", () => far.destroy());
  far.on("error", () => near.destroy()).on("close", () => near.destroy());
  near.pipe(far).pipe(near);
}).listen(${relayPort}, "127.0.0.1", () => {
  const child = spawn(program, args, { stdio: "inherit" });
  child.on("error", (error) => { console.error(error.message); process.exit(127); });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
});
`;

export function relayedCommand(node: string, argv: readonly string[]): string[] {
  return [node, "-e", relayScript, "--", proxySocketInside, ...argv];
}

/** Tells programs of every ecosystem about the proxy, and, when there is one, about the certificates to trust. */
export function egressEnvironment(caBundle: string | undefined): Record<string, string> {
  const proxy = [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "https_proxy",
    "http_proxy",
    "npm_config_https_proxy",
    "npm_config_proxy",
  ];
  const certificates = [
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "GIT_SSL_CAINFO",
    "YARN_HTTPS_CA_FILE_PATH",
  ];
  return {
    ...Object.fromEntries(proxy.map((name) => [name, proxyUrl])),
    NO_PROXY: "",
    no_proxy: "",
    YARN_HTTPS_PROXY: proxyUrl,
    YARN_HTTP_PROXY: proxyUrl,
    ...(caBundle === undefined ? {} : Object.fromEntries(certificates.map((name) => [name, caBundle]))),
  };
}
