import type { Files } from "./files.ts";

const materials =
  "Oak Pine Steel Brass Linen Cotton Wool Felt Glass Clay Cork Slate Copper Jute Birch Ash".split(" ");
const things =
  "Bowl Crate Lamp Stool Rope Bench Tray Hook Basket Ladder Mat Jar Shelf Kettle Broom Bell".split(" ");
const goodsPerAisle = 100;

/**
 * `count` small modules, one for each article of a shop, sorted into aisles of 100 with an index each. The same seed gives the same bytes.
 * They are many and alike on purpose: a search must find the few files that matter among them.
 */
export function goods(count: number, seed: number): Files {
  const random = createRandom(seed);
  const files: Files = new Map();
  for (let first = 0; first < count; first += goodsPerAisle) {
    const aisle = `aisle-${String(first / goodsPerAisle + 1).padStart(3, "0")}`;
    const names: string[] = [];
    for (let number = first; number < Math.min(first + goodsPerAisle, count); number += 1) {
      const material = pick(materials, random);
      const thing = pick(things, random);
      const name = `${material}-${thing}-${number}`.toLowerCase();
      names.push(name);
      files.set(
        `src/goods/${aisle}/${name}.js`,
        article({ sku: number + 1, title: `${material} ${thing}`, random }),
      );
    }
    const exports = names.map((name, index) => `import article${index} from "./${name}.js";`).join("\n");
    const list = names.map((_, index) => `article${index}`).join(", ");
    files.set(`src/goods/${aisle}/index.js`, `${exports}\n\nexport default [${list}];\n`);
  }
  return files;
}

function article({ sku, title, random }: { sku: number; title: string; random: () => number }): string {
  const cents = 100 + Math.floor(random() * 40_000);
  const grams = 50 + Math.floor(random() * 9_000);
  const [few, many] = [5 + Math.floor(random() * 6), 20 + Math.floor(random() * 31)];
  return `import { freightFor } from "../../core/freight.js";
import { tierFor } from "../../core/tiers.js";

const tiers = [
  { from: 1, cents: ${cents} },
  { from: ${few}, cents: ${Math.floor(cents * 0.95)} },
  { from: ${many}, cents: ${Math.floor(cents * 0.88)} },
];

export default {
  sku: ${sku},
  title: "${title}",
  grams: ${grams},
  tiers,
  /** What so many pieces cost, in cents. */
  price: (quantity) => quantity * tierFor(tiers, quantity).cents,
  /** What sending so many pieces costs, in cents. */
  freight: (quantity) => freightFor(quantity * ${grams}),
};
`;
}

/** mulberry32: a small generator of numbers in [0, 1) that is the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? "";
}
