/** What walking through history needs to know of a commit. */
type Step = { sha: string; parents: readonly string[]; at: number };
type Read = (sha: string) => Step;

/** Everything reachable from a commit, itself included. */
export function reachable(read: Read, from: string): Set<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
    if (seen.has(sha)) continue;
    seen.add(sha);
    open.push(...read(sha).parents);
  }
  return seen;
}

/** These commits with every child before its parents; of several that could come next the newest. */
export function newestFirst(read: Read, shas: ReadonlySet<string>): string[] {
  const children = new Map<string, number>([...shas].map((sha) => [sha, 0]));
  for (const sha of shas)
    for (const parent of read(sha).parents)
      if (children.has(parent)) children.set(parent, (children.get(parent) ?? 0) + 1);
  const ready = [...shas].filter((sha) => children.get(sha) === 0).map(read);
  const sorted: string[] = [];
  while (ready.length > 0) {
    ready.sort((a, b) => b.at - a.at);
    const next = ready.shift();
    if (!next) break;
    sorted.push(next.sha);
    for (const parent of next.parents) {
      const left = (children.get(parent) ?? 0) - 1;
      children.set(parent, left);
      if (left === 0 && shas.has(parent)) ready.push(read(parent));
    }
  }
  return sorted;
}

/** The best common ancestor: one that no other common ancestor descends from. */
export function commonAncestor(read: Read, one: string, other: string): string | null {
  const mine = reachable(read, one);
  const common = new Set([...reachable(read, other)].filter((sha) => mine.has(sha)));
  return newestFirst(read, common)[0] ?? null;
}
