import { expect, test } from "vitest";
import type { CarriedOver, Sides } from "../../src/workspace/carry-over.ts";

type Tree = Readonly<Record<string, string>>;

const before: Tree = {
  "both-changed.txt": "one\n",
  "both-deleted.txt": "one\n",
  "both-the-same.txt": "one\n",
  "binary.dat": "one\u0000\n",
  "base-deleted.txt": "one\n",
  "nobody.txt": "one\n",
  "only-base.txt": "one\n",
  "only-ours.txt": "one\n",
  "we-deleted.txt": "one\n",
  "we-deleted-alone.txt": "one\n",
};

const without = (tree: Tree, ...paths: string[]): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !paths.includes(path)));

/** One file for each way in which two sides can meet. */
const trees: Sides<Tree> = {
  before,
  ours: {
    ...without(before, "both-deleted.txt", "we-deleted.txt", "we-deleted-alone.txt"),
    "both-changed.txt": "ours\n",
    "both-the-same.txt": "two\n",
    "binary.dat": "ours\u0000\n",
    "base-deleted.txt": "ours\n",
    "only-ours.txt": "ours\n",
    "new/ours.txt": "ours\n",
    taken: "ours\n",
    "place/inner.txt": "ours\n",
  },
  base: {
    ...without(before, "both-deleted.txt", "base-deleted.txt"),
    "both-changed.txt": "base\n",
    "both-the-same.txt": "two\n",
    "binary.dat": "base\u0000\n",
    "only-base.txt": "base\n",
    "we-deleted.txt": "base\n",
    "taken/inner.txt": "base\n",
    place: "base\n",
  },
};

/** What a phase relies on, wherever the commits are. `carry` makes three commits of these trees. */
export function carryOverContract(name: string, carry: (trees: Sides<Tree>) => Promise<CarriedOver>): void {
  test(`a change is carried over to a newer base ${name}, and what clashes is named`, async () => {
    const { changes, contents, clashes } = await carry(trees);
    const texts = changes.map((change) =>
      change.kind === "delete"
        ? `${change.path} is gone`
        : `${change.path}: ${Buffer.from(contents.get(change.digest) ?? []).toString()}`,
    );
    expect(texts).toEqual([
      "both-changed.txt: <<<<<<< this change\nours\n=======\nbase\n>>>>>>> the base branch\n",
      "new/ours.txt: ours\n",
      "only-ours.txt: ours\n",
      "we-deleted-alone.txt is gone",
    ]);
    expect(clashes).toEqual([
      { path: "base-deleted.txt", kind: "base_deleted" },
      { path: "binary.dat", kind: "not_text" },
      { path: "both-changed.txt", kind: "both_changed" },
      { path: "place/inner.txt", kind: "in_the_way" },
      { path: "taken", kind: "in_the_way" },
      { path: "we-deleted.txt", kind: "we_deleted" },
    ]);
  });
}
