import type { Files } from "./files.ts";

/** The few files that all the others lean on: here is the bug, twice. `aisles` are the folders that the shop's index names. */
export function core(aisles: readonly string[]): Files {
  return new Map([
    ["package.json", `${JSON.stringify(manifest, null, 2)}\n`],
    ["package-lock.json", `${JSON.stringify(lock, null, 2)}\n`],
    ["README.md", readme],
    [".gitignore", "node_modules/\n"],
    [".github/workflows/ci.yml", workflow],
    ["src/core/tiers.js", tiers],
    ["src/core/freight.js", freight],
    ["src/index.js", index(aisles)],
    ["test/core/tiers.test.js", tiersTest],
    ["test/core/freight.test.js", freightTest],
    ["test/goods.test.js", goodsTest],
  ]);
}

const identity = { name: "granary", version: "1.0.0" };
const manifest = { ...identity, private: true, type: "module", scripts: { test: "node --test" } };
const lock = { ...identity, lockfileVersion: 3, requires: true, packages: { "": identity } };

const readme = `# granary

The price list of a shop with many articles. One module for each article in \`src/goods\`; what they share is in \`src/core\`:

- \`tiers.js\`: the more pieces, the lower the price of each;
- \`freight.js\`: what a parcel costs by its weight.
`;

const workflow = `name: CI
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 20
      - run: npm ci
      - run: npm test
`;

const tiers = `/** The tier that holds for a quantity. Tiers are sorted; each holds from its own quantity on. */
export function tierFor(tiers, quantity) {
  if (!(quantity >= 1)) throw new RangeError(\`Cannot sell \${quantity} pieces\`);
  let found = tiers[0];
  for (const tier of tiers) {
    if (quantity > tier.from) found = tier;
  }
  return found;
}
`;

const freight = `const bands = [
  { upTo: 2_000, cents: 490 },
  { upTo: 5_000, cents: 690 },
  { upTo: 31_500, cents: 1_690 },
];

/** What a parcel costs, in cents, by its weight in grams. Heavier goods go by pallet, per 100 kg begun. */
export function freightFor(grams) {
  const band = bands.find(({ upTo }) => grams < upTo);
  return band ? band.cents : Math.ceil(grams / 100_000) * 8_900;
}
`;

function index(aisles: readonly string[]): string {
  const imports = aisles.map((aisle, number) => `import aisle${number} from "./goods/${aisle}/index.js";`);
  const list = aisles.map((_, number) => `...aisle${number}`);
  return `${imports.join("\n")}\n\nexport const goods = [${list.join(", ")}];\n`;
}

const tiersTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { tierFor } from "../../src/core/tiers.js";

const tiers = [
  { from: 1, cents: 100 },
  { from: 10, cents: 90 },
];

test("few pieces cost the first price, many the last", () => {
  assert.equal(tierFor(tiers, 2).cents, 100);
  assert.equal(tierFor(tiers, 50).cents, 90);
});

test("less than one piece cannot be sold", () => {
  assert.throws(() => tierFor(tiers, 0), RangeError);
});
`;

const freightTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { freightFor } from "../../src/core/freight.js";

test("heavier parcels cost more", () => {
  assert.deepEqual([500, 3_000, 20_000].map(freightFor), [490, 690, 1_690]);
});

test("what is too heavy for a parcel goes by pallet", () => {
  assert.equal(freightFor(150_000), 17_800);
});
`;

const goodsTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { goods } from "../src/index.js";

test("every article has a number of its own", () => {
  assert.equal(new Set(goods.map(({ sku }) => sku)).size, goods.length);
});

test("one piece costs the first price, and a thousand are never dearer by the piece", () => {
  for (const { price, tiers } of goods) {
    assert.equal(price(1), tiers[0].cents);
    assert.ok(price(1_000) <= 1_000 * price(1));
  }
});
`;
