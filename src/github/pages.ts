import { readAnswer } from "./answer.ts";

/** The value, or null when GitHub says that there is no such thing (404, 410, 451). Everything else is thrown on. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (readAnswer(error, 0)?.kind === "gone") return null;
    throw error;
  }
}

/** What one page may hold at most, on every list that we read. */
const PER_PAGE = 100;

/** A list longer than this is not read to its end: 100 pages are 10,000 entries, and as many calls. */
const MOST_PAGES = 100;

/**
 * All pages of a list, in GitHub's order. `read` gets the page's number, from 1. A page that is not full is the last one,
 * unless its Link header names a next one (some lists are filtered after they were cut).
 */
export async function allPages<T>(
  read: (page: {
    page: number;
    per_page: number;
  }) => Promise<{ items: readonly T[]; link: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { items, link } = await read({ page, per_page: PER_PAGE });
    all.push(...items);
    const hasNext = link === undefined ? items.length === PER_PAGE : link.includes('rel="next"');
    if (!hasNext) break;
  }
  return all;
}
