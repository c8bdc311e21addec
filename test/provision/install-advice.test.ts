import { expect, test } from "vitest";
import { installAdvice } from "../../src/provision/install-advice.ts";

const redis = {
  program: "Redis",
  debian: "redis-server",
  fedora: "valkey",
  alpine: "valkey",
  arch: "valkey",
  suse: "valkey",
  macos: "valkey",
};
const system = (platform: string, ...ids: string[]) => ({ platform, ids, release: ids[0] ?? platform });

test("each system is told the command to type on it", () => {
  const advice = {
    debian: installAdvice(redis, system("linux", "debian")),
    mint: installAdvice(redis, system("linux", "linuxmint", "ubuntu", "debian")),
    fedora: installAdvice(redis, system("linux", "fedora")),
    rocky: installAdvice(redis, system("linux", "rocky", "rhel", "centos", "fedora")),
    alpine: installAdvice(redis, system("linux", "alpine")),
    arch: installAdvice(redis, system("linux", "manjaro", "arch")),
    suse: installAdvice(redis, system("linux", "opensuse-leap", "suse", "opensuse")),
    macos: installAdvice(redis, system("darwin")),
    macosWithout: installAdvice({ ...redis, program: "bubblewrap", macos: null }, system("darwin")),
    unknown: installAdvice(redis, system("linux", "void")),
  };
  expect(advice).toMatchInlineSnapshot(`
    {
      "alpine": "Install it with: sudo apk add valkey",
      "arch": "Install it with: sudo pacman -S valkey",
      "debian": "Install it with: sudo apt-get install redis-server",
      "fedora": "Install it with: sudo dnf install valkey",
      "macos": "Install it with: brew install valkey",
      "macosWithout": "bubblewrap does not exist for macOS; run Fixpoint on Linux, for example in a virtual machine or a container.",
      "mint": "Install it with: sudo apt-get install redis-server",
      "rocky": "Install it with: sudo dnf install valkey",
      "suse": "Install it with: sudo zypper install valkey",
      "unknown": "Install the package redis-server (the name on Debian; other systems call it valkey) with your system's package manager.",
    }
  `);
});
