import type { Script } from "../model/script.ts";

/** The issue for the generated repository, in a user's words. */
export const issue = `# Prices change one piece too late

Our price list says "from 10 pieces: 0.90", but when I order exactly 10 I pay the old price for all of them; it takes 11 to get the
better one. I checked several articles and it is the same everywhere.

Parcels have it too, the other way round: the list says "up to 2 kg: 4.90", and a parcel of exactly 2,000 g is charged 6.90.

I expect the quantity and the weight that stand in the list to count.
`;

const edit = (path: string, old: string, text: string, check: string | null = null) => ({
  name: "edit_file",
  arguments: { path, edits: [{ old, new: text, replace_all: null }], check },
});
const read = (path: string) => ({ name: "read_file", arguments: { path, from: null, to: null } });
const search = (pattern: string, path: string | null) => ({
  name: "search_code",
  arguments: { pattern, path },
});
const finish = (summary: string) => ({ name: "finish_step", arguments: { summary } });

const plan = {
  goal: "The quantity at which a price begins and the weight at which it ends belong to it.",
  steps: [
    {
      title: "Let a price hold from its own quantity on",
      goal: "tierFor includes the quantity that a tier begins with, and a test shows it.",
      files: ["src/core/tiers.js", "test/core/tiers.test.js"],
      check: "test",
    },
    {
      title: "Let a freight band include its upper weight",
      goal: "freightFor includes the weight that a band ends with, and a test shows it.",
      files: ["src/core/freight.js", "test/core/freight.test.js"],
      check: "test",
    },
  ],
};

/** The scripted model for the generated repository. */
export const script: Script = {
  version: 1,
  model: "gpt-5",
  latencyMs: 200,
  phases: {
    "plan, attempt 1": [
      {
        text: "The articles are many, but what they share decides.",
        toolCalls: [
          { name: "list_files", arguments: { path: "src/core" } },
          search("upTo|\\.from", "src/core"),
          read("src/core/tiers.js"),
          read("src/core/freight.js"),
        ],
      },
      {
        text: "Both comparisons leave the limit itself out, although both comments include it.",
        toolCalls: [{ name: "submit_plan", arguments: plan }],
      },
    ],
    "step 1, attempt 1": [
      {
        text: "One comparison, and the two sides of the limit in a test.",
        toolCalls: [
          edit("src/core/tiers.js", "quantity > tier.from", "quantity >= tier.from"),
          edit(
            "test/core/tiers.test.js",
            `test("less than one piece`,
            `test("a price holds from its own quantity on", () => {
  assert.deepEqual([9, 10, 11].map((quantity) => tierFor(tiers, quantity).cents), [100, 90, 90]);
});

test("less than one piece`,
            "test",
          ),
          finish(
            "tierFor includes the quantity that a tier begins with; the test stands on both sides of the limit.",
          ),
        ],
      },
    ],
    "step 2, attempt 1": [
      {
        text: "The same at the other end.",
        toolCalls: [
          edit("src/core/freight.js", "grams < upTo", "grams <= upTo"),
          edit(
            "test/core/freight.test.js",
            `test("what is too heavy`,
            `test("a band includes its upper weight", () => {
  assert.deepEqual([2_000, 2_001, 31_500].map(freightFor), [490, 690, 1_690]);
});

test("what is too heavy`,
            "test",
          ),
          finish(
            "freightFor includes the weight that a band ends with; the test stands on both sides of the limit.",
          ),
        ],
      },
    ],
  },
};
