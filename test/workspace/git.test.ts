import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGit, GitFailed } from "../../src/workspace/git.ts";
import { gitEnvironment } from "../../src/workspace/git-environment.ts";

const sha = "1".repeat(40);
let home: string;
let gitDir: string;
let servers: Server[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "fixpoint-git-"));
  gitDir = join(home, "bare.git");
  await mkdir(gitDir);
  await createGit({ home })(["init", "--quiet", "--bare", "--template="], { gitDir });
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true, force: true });
});

async function serve(answer: (request: IncomingMessage) => { status: number; location?: string }) {
  const requests: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url, authorization: request.headers.authorization });
    const { status, location } = answer(request);
    response.writeHead(status, location ? { location } : {}).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("git succeeded"),
    (error: unknown) => {
      expect(error).toBeInstanceOf(GitFailed);
      return error as GitFailed;
    },
  );

describe("the environment of git", () => {
  it("inherits nothing, and is this", () => {
    const { PATH, ...env } = gitEnvironment({
      home: "/h",
      path: "/usr/bin",
      gitDir: "/g",
      allowProtocols: ["https"],
    });
    expect(PATH).toBe("/usr/bin");
    expect(env).toMatchSnapshot();
  });
});

describe("the token", () => {
  const token = "ghs_thisIsTheSecret";

  it("goes to the remote's origin as a header, and into no message", async () => {
    const forge = await serve(() => ({ status: 403 }));
    const git = createGit({ home, allowProtocols: ["http"] });
    const url = `${forge.origin}/o/r.git`;
    const failure = await failureOf(git(["fetch", "--", url, sha], { gitDir, auth: { url, token } }));
    expect(forge.requests[0]).toEqual({
      url: "/o/r.git/info/refs?service=git-upload-pack",
      authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`,
    });
    expect(failure.message).toContain("403");
    expect(failure.message).not.toContain(token);
  });

  it("goes to no other server, and no redirect is followed", async () => {
    const elsewhere = await serve(() => ({ status: 200 }));
    const forge = await serve((request) => ({ status: 302, location: `${elsewhere.origin}${request.url}` }));
    const git = createGit({ home, allowProtocols: ["http"] });
    const url = `${forge.origin}/o/r.git`;
    await failureOf(git(["fetch", "--", url, sha], { gitDir, auth: { url, token } }));
    expect(elsewhere.requests).toEqual([]);
    await failureOf(
      git(["fetch", "--", `${elsewhere.origin}/o/r.git`, sha], { gitDir, auth: { url, token } }),
    );
    expect(new Set(elsewhere.requests.map((request) => request.authorization))).toEqual(new Set([undefined]));
  });
});

describe("a remote", () => {
  it.for(["file:///etc", "ext::sh -c touch% pwned", "ssh://git@127.0.0.1/x", "git://127.0.0.1/x", "/etc"])(
    "is refused unless it speaks an allowed protocol: %s",
    async (url) => {
      const failure = await failureOf(createGit({ home })(["fetch", "--", url, sha], { gitDir }));
      expect(failure.message).toMatch(/transport '\w+' not allowed/);
    },
  );
});

describe("git", () => {
  it("is ended when it takes too long or is no longer wanted", async () => {
    const git = createGit({ home, allowProtocols: ["http"] });
    const held = createServer(() => undefined);
    servers.push(held);
    await new Promise<void>((resolve) => held.listen(0, "127.0.0.1", () => resolve()));
    const url = `http://127.0.0.1:${(held.address() as AddressInfo).port}/o/r.git`;
    const late = await failureOf(git(["ls-remote", "--", url], { gitDir, timeoutMs: 300 }));
    expect({ code: late.code, message: late.message }).toEqual({
      code: null,
      message: "git ls-remote took too long.",
    });
    const stop = new AbortController();
    const running = failureOf(git(["ls-remote", "--", url], { gitDir, signal: stop.signal }));
    stop.abort();
    expect((await running).message).toBe("git ls-remote was aborted.");
    held.closeAllConnections();
  });

  it("that is not there is said so", async () => {
    const git = createGit({ home, gitBinary: join(home, "no-git") });
    expect((await failureOf(git(["version"], { gitDir }))).message).toContain("ENOENT");
  });
});
