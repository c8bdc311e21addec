import { createSign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusalOf, type Stage, setStage, writeFiles } from "./support/forge.ts";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function jwt(privateKey: string, claims: Record<string, unknown>, alg = "RS256"): string {
  const body = `${encode({ alg, typ: "JWT" })}.${encode(claims)}`;
  return `${body}.${createSign("RSA-SHA256").update(body).sign(privateKey).toString("base64url")}`;
}

describe("app authentication", () => {
  let stage: Stage;
  let otherId: number;
  beforeAll(async () => {
    stage = await setStage();
    const from = await writeFiles(`${stage.dir}/other`, { "x.txt": "x\n" });
    otherId = (await stage.forge.createRepository({ owner: "acme", name: "other", from, private: true })).id;
  });
  afterAll(() => stage.stop());

  const appWith = (token: string) =>
    fetch(`${stage.forge.url}/api/v3/app`, { headers: { authorization: `Bearer ${token}` } }).then(
      async (answer) => ({
        status: answer.status,
        message: ((await answer.json()) as { message?: string }).message,
      }),
    );

  it("accepts a JWT of the app and says who it is", async () => {
    const { data } = await stage.app.rest.apps.getAuthenticated();
    expect({ id: data?.id, slug: data?.slug, installs: data?.installations_count }).toEqual({
      id: stage.forge.app.id,
      slug: "fixpoint",
      installs: 1,
    });
  });

  it("refuses a JWT that is foreign, unsigned, expired or too long-lived, in GitHub's words", async () => {
    const now = Math.floor(Date.now() / 1000);
    const { id, privateKey } = stage.forge.app;
    const good = { iss: id, iat: now - 30, exp: now + 500 };
    const expired =
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
    expect([
      await appWith(jwt(privateKey, good)),
      await appWith(jwt(privateKey, { ...good, iss: 1 })),
      await appWith(jwt(privateKey, good, "none")),
      await appWith(`${jwt(privateKey, good).slice(0, -6)}AAAAAA`),
      await appWith(jwt(privateKey, { ...good, exp: now - 1 })),
      await appWith(jwt(privateKey, { ...good, exp: now + 3_600 })),
    ]).toEqual([
      { status: 200, message: undefined },
      { status: 404, message: "Integration not found" },
      { status: 401, message: "A JSON web token could not be decoded" },
      { status: 401, message: "A JSON web token could not be decoded" },
      { status: 401, message: expired },
      { status: 401, message: "'Expiration time' claim ('exp') is too far in the future" },
    ]);
  });

  it("finds the installation of a repository and of nobody else", async () => {
    const { data } = await stage.app.rest.apps.getRepoInstallation({ ...stage.repo });
    expect(data.id).toBe(stage.installationId);
    expect(await refusalOf(stage.app.rest.apps.getRepoInstallation({ owner: "acme", repo: "none" }))).toEqual(
      {
        status: 404,
        message: "Not Found",
      },
    );
  });

  it("mints a token in the long form, for an hour, narrowed to what was asked", async () => {
    const { data } = await stage.app.rest.apps.createInstallationAccessToken({
      installation_id: stage.installationId,
      repository_ids: [otherId],
      permissions: { contents: "read" },
    });
    expect(data.token).toMatch(new RegExp(`^ghs_${stage.forge.app.id}_[\\w-]+\\.[\\w-]+\\.[\\w-]+$`));
    expect(data.token.length).toBeGreaterThan(450);
    expect(new Date(data.expires_at).getTime() - Date.now()).toBeGreaterThan(3_590_000 - 1_000);
    expect({
      permissions: data.permissions,
      repositories: data.repositories?.map((one) => one.name),
    }).toEqual({
      permissions: { metadata: "read", contents: "read" },
      repositories: ["other"],
    });
  });

  it("widens neither permissions nor repositories", async () => {
    const mint = (body: object) =>
      refusalOf(
        stage.app.rest.apps.createInstallationAccessToken({ installation_id: stage.installationId, ...body }),
      );
    expect(await mint({ permissions: { workflows: "write" } })).toEqual({
      status: 422,
      message: "The permissions requested are not granted to this installation.",
    });
    expect(await mint({ repository_ids: [1] })).toEqual({
      status: 422,
      message:
        "There is at least one repository that does not exist or is not accessible to the parent installation.",
    });
  });

  it("shows a narrowed token only its own repository", async () => {
    const octokit = stage.octokitWith(await stage.token({ repositoryIds: [otherId] }));
    const { data } = await octokit.rest.apps.listReposAccessibleToInstallation();
    expect(data.repositories.map((one) => one.full_name)).toEqual(["acme/other"]);
    const narrow = stage.octokitWith(await stage.token({ permissions: { contents: "read" } }));
    expect((await narrow.rest.repos.get({ owner: "acme", repo: "other" })).data.private).toBe(true);
    const lib = stage.octokitWith(
      await stage.token({ repositoryIds: [stage.forge.inspect("acme", "lib").id] }),
    );
    expect(await refusalOf(lib.rest.repos.get({ owner: "acme", repo: "other" }))).toEqual({
      status: 404,
      message: "Not Found",
    });
  });

  it("refuses expired and unknown tokens with 401", async () => {
    const token = await stage.token();
    stage.forge.levers.expireTokens();
    const bad = { status: 401, message: "Bad credentials" };
    expect(await refusalOf(stage.octokitWith(token).rest.repos.get({ ...stage.repo }))).toEqual(bad);
    expect(await refusalOf(stage.octokitWith("ghs_nothing").rest.repos.get({ ...stage.repo }))).toEqual(bad);
  });

  it("refuses a suspended installation everything and lets it come back", async () => {
    const token = await stage.token();
    stage.forge.settings.suspend("acme");
    const suspended = { status: 403, message: "This installation has been suspended" };
    expect(await refusalOf(stage.octokitWith(token).rest.repos.get({ ...stage.repo }))).toEqual(suspended);
    expect(await refusalOf(stage.token())).toEqual(suspended);
    stage.forge.settings.unsuspend("acme");
    expect((await stage.octokitWith(token).rest.repos.get({ ...stage.repo })).status).toBe(200);
  });
});
