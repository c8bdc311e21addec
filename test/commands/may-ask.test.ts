import { describe, expect, it } from "vitest";
import type { Permission } from "../../src/commands/command-github.ts";
import { mayAsk } from "../../src/commands/may-ask.ts";
import { repository } from "./performing.ts";

const permissions: Permission[] = ["admin", "maintain", "write", "triage", "read", "none"];

function ask(actor: { id: number; login: string }, permission: Permission) {
  const asked: string[] = [];
  const github = {
    permissionOf: async (_: unknown, login: string) => {
      asked.push(login);
      return permission;
    },
    botLogin: async () => "fixpoint[bot]",
  };
  return mayAsk(actor, repository, { github, botIds: [77] }).then((answer) => ({ answer, asked }));
}

describe("who may ask", () => {
  it.each(permissions)("is decided by GitHub's present answer for a person: %s", async (permission) => {
    const may = ["admin", "maintain", "write"].includes(permission);
    expect(await ask({ id: 2, login: "hubot" }, permission)).toEqual({
      answer: may ? { verdict: "yes" } : { verdict: "no", because: "no_write_access" },
      asked: ["hubot"],
    });
  });

  it("is a bot whose numeric id is on the list, without asking GitHub", async () => {
    expect(await ask({ id: 77, login: "renovate[bot]" }, "none")).toEqual({
      answer: { verdict: "yes" },
      asked: [],
    });
  });

  it("is no other bot, whatever its name and permission", async () => {
    const answer = { verdict: "no", because: "bot" };
    expect(await ask({ id: 78, login: "renovate[bot]" }, "admin")).toEqual({ answer, asked: [] });
  });

  it("is never this App itself, even when somebody puts it on the list", async () => {
    const answer = { verdict: "no", because: "own_app" };
    expect(await ask({ id: 77, login: "fixpoint[bot]" }, "admin")).toEqual({ answer, asked: [] });
  });
});
