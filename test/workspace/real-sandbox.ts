import { mkdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { provideBubblewrap } from "../../src/provision/bubblewrap.ts";
import { createBubblewrapSandbox } from "../../src/workspace/sandbox/create-bubblewrap-sandbox.ts";
import { findToolchains } from "../../src/workspace/sandbox/toolchains.ts";

const nobody = { uid: 65_534, gid: 65_534 };
export const owner = process.geteuid?.() === 0 ? nobody : undefined;

/** The real sandbox, as a worker opens it. Where bubblewrap is not installed it is fetched once for all tests of this machine. */
export async function realSandbox(scratchDir: string) {
  const toolchains = findToolchains((process.env["PATH"] ?? "").split(":"), process.execPath);
  const cacheDir = join(tmpdir(), `fixpoint-test-programs-${userInfo().uid}`);
  await mkdir(scratchDir, { recursive: true });
  // Where packages come through a proxy of the house, its certificate is trusted inside as it is outside.
  const extraCertificates = process.env["NODE_EXTRA_CA_CERTS"];
  const program = await provideBubblewrap({ cacheDir, log: () => undefined });
  const sandbox = createBubblewrapSandbox({
    ...program,
    scratchDir,
    toolchains: toolchains.directories,
    ...(owner ? { dropTo: owner } : {}),
    ...(extraCertificates === undefined ? {} : { trustedCa: extraCertificates }),
  });
  return { sandbox, env: { ...toolchains.env, PATH: toolchains.path } };
}
