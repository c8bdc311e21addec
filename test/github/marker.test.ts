import { describe, expect, it } from "vitest";
import { createMarkers } from "../../src/github/marker.ts";

const ours = { key: "key", repositoryId: 77, appId: 9, botLogin: "fixpoint-acme[bot]" };
const markers = createMarkers(ours);
const mark = { run: "run_77_7_1", op: "result:abc" };
const body = markers.sign("Done", mark);
const bot = { login: "fixpoint-acme[bot]", type: "Bot" };

describe("a marker", () => {
  it("is read back from an object of our App, by its id or by its bot", () => {
    expect(markers.read({ body, user: null, performed_via_github_app: { id: 9 } })).toEqual(mark);
    expect(markers.read({ body, user: bot, performed_via_github_app: null })).toEqual(mark);
    expect(markers.read({ body, user: bot })).toEqual(mark);
  });

  it("is ignored on objects of anybody else", () => {
    for (const author of [
      { user: { login: "mallory", type: "User" } },
      { user: { login: "fixpoint-acme", type: "User" } },
      { user: { login: "other[bot]", type: "Bot" } },
      // A person that acts through another App, whatever the login says.
      { user: bot, performed_via_github_app: { id: 10 } },
      { user: null },
    ]) {
      expect(markers.read({ body, ...author })).toBeNull();
    }
  });

  it("is ignored when it is forged, copied from elsewhere, or signed with another key", () => {
    const others = [
      body.replace(/mac=../, "mac=00"),
      body.replace("op=result:abc", "op=result:abd"),
      createMarkers({ ...ours, repositoryId: 78 }).sign("Done", mark),
      createMarkers({ ...ours, key: "another" }).sign("Done", mark),
      "Done",
      "",
      null,
    ];
    expect(others.map((text) => markers.read({ body: text, user: bot }))).toEqual(others.map(() => null));
  });

  it("is the last one: what a quoted text brings along, forged or copied, counts for nothing", () => {
    const other = markers.sign("Progress", { run: "run_77_7_1", op: "progress" });
    const quoting = markers.sign(`> ${body.replace(/mac=../, "mac=00")}\n> ${other}`, mark);
    expect(markers.read({ body: quoting, user: bot })).toEqual(mark);
  });

  it("carries no text that could end it", () => {
    expect(() => markers.sign("x", { run: "a -->", op: "b" })).toThrow(/cannot carry/);
  });

  it("stands at the end of a body that is cut to GitHub's limit, outside every open fence", () => {
    const long = markers.sign(`# Log\n\`\`\`\`text\n\`\`\`\n${"line\n".repeat(20_000)}`, mark);
    expect(long.length).toBeLessThanOrEqual(65_536);
    expect(long).toMatch(
      /\n````\n\n_… shortened: .*_\n\n<!-- fixpoint:v1 run=run_77_7_1 op=result:abc mac=[0-9a-f]{64} -->$/,
    );
    expect(markers.read({ body: long, user: bot })).toEqual(mark);
  });
});
