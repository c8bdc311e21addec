import type { Fields } from "./fields.ts";
import type { Repository } from "./records/repository.ts";
import { notFound } from "./refusal.ts";
import type { Actor, World } from "./world.ts";

/** One API request after the door: authenticated, routed, its body read. */
export type Call = {
  world: World;
  actor: Actor;
  method: string;
  /** the path below `/api/v3`, undecoded */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: Fields;
  params: Record<string, string | undefined>;
};

export type RepositoryCall = Call & { repository: Repository };

/** What a handler gives back. `text` is sent as it stands; `body` as JSON. */
export type Answer = {
  status: number;
  body?: unknown;
  text?: string | Buffer;
  headers?: Record<string, string>;
};

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const accepted = (body: unknown): Answer => ({ status: 202, body });
export const noContent = (): Answer => ({ status: 204 });

/** A decoded part of the path; the router has filled it when the template names it. */
export const param = (call: Call, name: string): string => call.params[name] ?? "";

/** A numeric part of the path; anything else cannot be there: 404, as on GitHub. */
export function numberParam(call: Call, name: string): number {
  const value = call.params[name] ?? "";
  if (!/^\d{1,15}$/.test(value)) throw notFound();
  return Number(value);
}
