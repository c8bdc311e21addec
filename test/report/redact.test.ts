import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../src/report/redact.ts";

/** Letters and digits that look random and are the same in every run. */
const noise = (length: number, seed = "x") => {
  let text = "";
  while (text.length < length)
    text += createHash("sha256").update(`${seed}${text.length}`).digest("base64url").replaceAll(/[-_]/g, "a");
  return text.slice(0, length);
};

const jwt = `eyJhbGciOiJSUzI1NiJ9.${noise(120, "p")}.${noise(340, "s")}`;
const pem = [
  "-----BEGIN RSA PRIVATE KEY-----",
  noise(64, "1"),
  noise(64, "2"),
  "-----END RSA PRIVATE KEY-----",
].join("\n");

describe("the patterns", () => {
  const { redact } = createRedactor([]);
  const cases: readonly (readonly [title: string, text: string, clean: string])[] = [
    ["an old installation token", `x ghs_${noise(36)} y`, "x [redacted: GitHub token] y"],
    ["a new installation token with a web token inside", `ghs_123456_${jwt}.`, "[redacted: GitHub token]"],
    ["a personal token", `ghp_${noise(36)}`, "[redacted: GitHub token]"],
    ["a fine-grained token", `github_pat_${noise(22)}_${noise(59)}`, "[redacted: GitHub token]"],
    ["an OpenAI key", `key=sk-proj-${noise(48)}1;`, "key=[redacted: API key];"],
    ["an Anthropic key", `sk-ant-api03-${noise(80)}1`, "[redacted: API key]"],
    ["an AWS key id", "AKIAIOSFODNN7EXAMPLE", "[redacted: AWS key]"],
    [
      "an AWS secret",
      `aws_secret_access_key = "${noise(40)}"`,
      'aws_secret_access_key = "[redacted: AWS key]"',
    ],
    ["a Slack token", `xoxb-123456789012-${noise(24)}`, "[redacted: Slack token]"],
    [
      "a Slack webhook",
      `https://hooks.slack.com/services/T00000000/B00000000/${noise(24)}`,
      "https://hooks.slack.com/services/[redacted: Slack webhook]",
    ],
    ["an npm token", `npm_${noise(36)}`, "[redacted: npm token]"],
    [
      "a line of .npmrc",
      "//registry.example.org/:_authToken=0123456789",
      "//registry.example.org/:_authToken=[redacted: npm token]",
    ],
    ["a private key", `a\n${pem}\nb`, "a\n[redacted: private key]\nb"],
    ["a private key that is cut off", pem.slice(0, 90), "[redacted: private key]"],
    [
      "a URL with a password",
      "https://user:hunter2@example.org/x",
      "https://[redacted: password]@example.org/x",
    ],
    [
      "a Redis URL without a user",
      "redis://:pw@localhost:6379/0",
      "redis://[redacted: password]@localhost:6379/0",
    ],
    ["a web token", `token ${jwt}`, "token [redacted: JSON web token]"],
    [
      "a header",
      'authorization: "Basic dXNlcjpwYXNzd29yZA=="',
      'authorization: "Basic [redacted: credentials]"',
    ],
    ["a bearer token in prose", `curl -H "Bearer ${noise(24)}9"`, 'curl -H "Bearer [redacted: credentials]"'],
    ["a Google key", `AIza${noise(35)}`, "[redacted: Google key]"],
    ["a Stripe key", `sk_live_${noise(24)}`, "[redacted: Stripe key]"],
    ["a GitLab token", `glpat-${noise(20)}`, "[redacted: GitLab token]"],
  ];
  it.each(cases)("take %s out", (_title, text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it("leave ordinary text alone", () => {
    const text = [
      "See https://github.com/acme/shop/issues/7?x=1:2@3 and mail a@b.c",
      `commit ${"a1b2c3d4".repeat(5)} tree sha256:${"0f".repeat(32)}`,
      "class sk-fading-circle-with-many-dots, task-list-item-checkbox, bearer of bad news in the morning",
      "postgres://localhost:5432/shop, file:///tmp/x, ghs_short, a::b@c",
      "The basic authorization works: token counts are fine.",
    ].join("\n");
    expect(redact(text)).toBe(text);
  });

  it("take linear time on hostile text", () => {
    for (const text of [
      "a://:".repeat(50_000),
      "sk-".repeat(80_000),
      `${"-----BEGIN PRIVATE KEY-----"}${"x".repeat(200_000)}`,
      "eyJ.".repeat(60_000),
    ]) {
      const before = performance.now();
      redact(text);
      expect(performance.now() - before).toBeLessThan(1_000);
    }
  });
});

describe("the exact secrets", () => {
  const secret = "s3cret/with+odd=chars";
  const { redact, find } = createRedactor([secret, pem, "short"]);

  it.each([
    ["as it is", secret],
    ["in base64", Buffer.from(secret).toString("base64")],
    ["in base64 behind one byte", Buffer.from(`a${secret}b`).toString("base64")],
    ["in base64 behind two bytes", Buffer.from(`ab${secret}cd`).toString("base64")],
    ["in URL-safe base64", Buffer.from(`user:${secret}`).toString("base64url")],
    ["in a URL", `https://x.org/?k=${encodeURIComponent(secret)}`],
    ["in hex", Buffer.from(secret).toString("hex")],
    ["in upper-case hex", Buffer.from(secret).toString("hex").toUpperCase()],
    ["in JSON", JSON.stringify({ secret })],
    ["as one line of a key file", noise(64, "2")],
    ["as a key file in JSON", JSON.stringify(pem)],
  ])("are taken out %s", (_title, text) => {
    const clean = redact(`before ${text} after`);
    expect(clean).toContain("[redacted: ");
    expect(clean).toMatch(/^before .* after$/s);
    for (const piece of [
      secret,
      noise(64, "1"),
      noise(64, "2"),
      Buffer.from(secret).toString("base64").slice(0, 20),
    ]) {
      expect(clean).not.toContain(piece);
    }
  });

  it("are taken out of base64 wherever they stand in it", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (before, after) => {
        const clean = redact(Buffer.from(before + secret + after).toString("base64"));
        expect(clean).toContain("[redacted: secret]");
        expect(Buffer.from(clean.replaceAll("[redacted: secret]", "!"), "base64").toString()).not.toContain(
          secret,
        );
      }),
    );
  });

  it("are left alone when they are too short to be told from words", () => {
    expect(redact("a short story")).toBe("a short story");
  });

  it("change nothing more when they are taken out twice", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(secret, jwt, pem, `ghs_${noise(40)}`, "redis://:pw@h", "Bearer ", " ", "x")),
        (parts) => {
          const once = redact(parts.join(""));
          expect(redact(once)).toBe(once);
        },
      ),
    );
  });

  it("are told from what only looks like a secret", () => {
    expect(find(`${secret} AKIAIOSFODNN7EXAMPLE`)).toEqual([
      { kind: "secret", value: secret, net: "known" },
      { kind: "AWS key", value: "AKIAIOSFODNN7EXAMPLE", net: "pattern" },
    ]);
    expect(find("nothing here")).toEqual([]);
  });
});
