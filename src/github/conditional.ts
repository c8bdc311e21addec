import { z } from "zod";

/** What was answered the last time, so that GitHub need only say that it is still so: 304 costs nothing of the rate limit. */
export interface AnswerNotes {
  read(name: string): Promise<unknown>;
  write(name: string, value: unknown): Promise<void>;
}

interface RawAnswer {
  data: unknown;
  headers: { etag?: string | undefined; link?: string | undefined };
}

const PER_PAGE = 100;
const MOST_PAGES = 100;

/**
 * A list over all its pages, of which only the changed ones are sent (REST docs, "Use conditional requests if appropriate").
 * `name` tells the lists apart; `schema` picks the items of a page out of GitHub's answer, and is what is kept of them.
 */
export async function conditionalPages<T>(
  notes: AnswerNotes,
  name: string,
  schema: z.ZodType<T[]>,
  ask: (page: {
    page: number;
    per_page: number;
    headers: { "if-none-match"?: string };
  }) => Promise<RawAnswer>,
): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const read = await conditional(
      notes,
      `${name}:${page}`,
      z.object({ items: schema, more: z.boolean() }),
      async (headers) => {
        const { data, headers: answered } = await ask({ page, per_page: PER_PAGE, headers });
        const value = {
          items: schema.parse(data),
          more: answered.link?.includes('rel="next"') ?? false,
        };
        return { value, etag: answered.etag };
      },
    );
    all.push(...read.items);
    if (!read.more) break;
  }
  return all;
}

/** One answer, sent only when it is another than the last time. */
export async function conditional<T>(
  notes: AnswerNotes,
  name: string,
  schema: z.ZodType<T>,
  ask: (headers: { "if-none-match"?: string }) => Promise<{ value: T; etag: string | undefined }>,
): Promise<T> {
  const note = z.object({ etag: z.string(), value: schema }).safeParse(await notes.read(name));
  try {
    const { value, etag } = await ask(note.success ? { "if-none-match": note.data.etag } : {});
    if (etag !== undefined) await notes.write(name, { etag, value });
    return value;
  } catch (error) {
    // Octokit throws on 304, as on everything that has no body.
    if (note.success && error instanceof Error && "status" in error && error.status === 304)
      return note.data.value;
    throw error;
  }
}
