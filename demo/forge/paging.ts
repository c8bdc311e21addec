import type { Answer, Call } from "./call.ts";

/** One page of a list with GitHub's Link header. `whole` wraps the items where GitHub answers an object with `total_count`. */
export async function page<T>(
  call: Call,
  items: readonly T[],
  render: (item: T) => unknown,
  whole: (items: unknown[], total: number) => unknown = (rendered) => rendered,
): Promise<Answer> {
  const shown = items.filter((item) => isVisible(call, item));
  const perPage = Math.min(Math.max(positive(call, "per_page", 30), 1), 100);
  const number = Math.max(positive(call, "page", 1), 1);
  const last = Math.max(Math.ceil(shown.length / perPage), 1);
  const slice = shown.slice((number - 1) * perPage, number * perPage);
  const links: string[] = [];
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query);
    query.set("page", String(to));
    links.push(`<${call.world.api}${call.path}?${query}>; rel="${rel}"`);
  };
  if (number > 1) link(number - 1, "prev");
  if (number < last) link(number + 1, "next");
  if (number < last) link(last, "last");
  if (number > 1) link(1, "first");
  const body = whole(await Promise.all(slice.map(async (item) => render(item))), shown.length);
  return { status: 200, body, ...(links.length > 0 ? { headers: { link: links.join(", ") } } : {}) };
}

function positive(call: Call, name: string, fallback: number): number {
  const value = Number(call.query.get(name) ?? fallback);
  return Number.isFinite(value) ? Math.floor(value) : fallback;
}

/** Lists lag behind single reads on GitHub; a lever says by how much, and new things are then not listed yet. */
function isVisible(call: Call, item: unknown): boolean {
  const lag = call.world.levers.listLagMs();
  if (lag === 0 || typeof item !== "object" || item === null || !("createdAt" in item)) return true;
  const { createdAt } = item;
  return !(createdAt instanceof Date) || createdAt.getTime() + lag <= call.world.now().getTime();
}
