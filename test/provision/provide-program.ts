import { execFileSync } from "node:child_process";
import { fetchDistributionPackage } from "../../src/provision/distribution-package.ts";
import { provideRedis } from "../../src/provision/redis.ts";
import { pingRedis } from "../../src/provision/redis-ping.ts";

// A process of its own for the tests: fetches a package, or provides a Redis, and prints what it found as JSON.
const [what = "", cacheDir = "", dataDir = "", afterwards = "stop"] = process.argv.slice(2);
const log: string[] = [];
const names = { program: "tiny", fedora: "", alpine: "", arch: "", suse: "", macos: null };

if (what === "redis") {
  const redis = await provideRedis({ dataDir, cacheDir, log: (line) => log.push(line) });
  const pulse = await pingRedis(redis.url.replace("unix://", ""));
  process.stdout.write(JSON.stringify({ url: redis.url, source: redis.source, pulse, log }));
  if (afterwards === "die") process.kill(process.pid, "SIGKILL");
  await redis.stop();
} else {
  const fetched = await fetchDistributionPackage({
    names: { ...names, debian: what },
    cacheDir,
    log: (line) => log.push(line),
  });
  const env = { LD_LIBRARY_PATH: fetched.libraryPath };
  const version = execFileSync(`${fetched.bin}/${dataDir}`, ["--version"], { env, encoding: "utf8" }).trim();
  process.stdout.write(JSON.stringify({ root: fetched.root, version, uid: process.geteuid?.() }));
}
