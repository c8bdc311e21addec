import { describe, expect, it } from "vitest";
import { type Ask, askPrograms, createRegistries } from "../../src/workspace/registries.ts";

const answering = (answers: Record<string, string>): Ask => {
  return async (program, args) => answers[[program, ...args].join(" ")] ?? null;
};

describe("the registries of this machine", () => {
  it("are what its package managers say, a mirror of the house included", async () => {
    const ask = answering({
      "npm config get registry": "https://npm.house.example/mirror",
      "python3 -m pip config get global.index-url": "https://py.house.example/simple",
      "go env GOPROXY": "https://go.house.example,direct",
      "go env GOSUMDB": "sum.house.example",
    });
    const node = ["npm.house.example"];
    expect(await createRegistries(ask)([])).toEqual({
      npm: "https://npm.house.example/mirror/",
      hosts: {
        npm: node,
        pnpm: node,
        yarn: node,
        python: ["py.house.example"],
        go: ["go.house.example", "sum.house.example"],
      },
    });
  });

  it("are asked only for the kinds of project that came, and each once", async () => {
    const asked: string[] = [];
    const registries = createRegistries(async (program) => {
      asked.push(program);
      return "https://npm.house.example/";
    });
    await registries(["npm"]);
    await registries(["pnpm", "make"]);
    expect(asked).toEqual(["npm"]);
  });

  it("are none where nothing answers, so nothing is open", async () => {
    expect(await createRegistries(answering({}))([])).toEqual({ npm: null, hosts: {} });
  });

  it("ignore what is no host", async () => {
    const ask = answering({ "go env GOPROXY": "off", "npm config get registry": "undefined" });
    expect(await createRegistries(ask)([])).toEqual({ npm: null, hosts: {} });
  });

  it("are asked of the real npm, away from any project", async () => {
    const ask = askPrograms(process.env["PATH"] ?? "", process.env["HOME"] ?? "/");
    const { npm, hosts } = await createRegistries(ask)(["npm"]);
    expect(npm).toMatch(/^https:\/\/.+\/$/);
    expect(hosts["npm"]).toHaveLength(1);
  });
});
