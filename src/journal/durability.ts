import type { Redis } from "ioredis";
import { BadConfiguration } from "../errors.ts";
import { REDIS_PREFIX } from "./keys.ts";

/** The two settings that decide whether Redis keeps what it has acknowledged; null when it does not tell. */
export interface Durability {
  maxmemoryPolicy: string | null;
  appendonly: string | null;
}

/**
 * Refuses a Redis that would lose data: without an append-only file SIGKILL loses everything since the last snapshot,
 * and any eviction policy drops keys that were acknowledged. Throws `BadConfiguration`.
 */
export async function checkDurability(redis: Redis): Promise<void> {
  const problems = durabilityProblems(await readDurability(redis).catch(passwordProblem));
  if (problems.length > 0) throw new BadConfiguration(problems);
  await redis.exists(`${REDIS_PREFIX}any`).catch(clusterProblem);
}

/** A node of Redis Cluster sends whoever asks for the keys of another to that one, and only a client made for clusters follows. */
function clusterProblem(error: unknown): never {
  if (!(error instanceof Error && /^(MOVED|ASK|CLUSTERDOWN) /.test(error.message))) throw error;
  throw new BadConfiguration([
    `Redis is one node of a cluster and does not hold our keys ("${error.message}"). Let FIXPOINT_REDIS_URL name a Redis without cluster mode.`,
  ]);
}

/** NOAUTH: it wants a password and got none; WRONGPASS: it got another one. */
function passwordProblem(error: unknown): never {
  if (!isLockedOut(error)) throw error;
  throw new BadConfiguration([
    "Redis does not let us in: it wants a password, or another one. Write it into FIXPOINT_REDIS_URL, as in `redis://:PASSWORD@HOST:6379`.",
  ]);
}

function isLockedOut(error: unknown): boolean {
  return error instanceof Error && /NOAUTH|WRONGPASS/.test(error.message);
}

/** Asks by `CONFIG GET`, and by `INFO` where that is forbidden, as managed Redis does. */
export async function readDurability(redis: Redis): Promise<Durability> {
  const names = ["maxmemory-policy", "appendonly"] as const;
  const settings = await unlessForbidden(Promise.all(names.map((name) => redis.config("GET", name))));
  const [maxmemoryPolicy, appendonly] = settings?.map(settingIn) ?? [];
  if (maxmemoryPolicy && appendonly) return { maxmemoryPolicy, appendonly };
  return durabilityOfInfo((await unlessForbidden(redis.info())) ?? "");
}

/** null when this user may not ask: the command was removed, or the access rules exclude it. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    // "WRONGPASS … or user is disabled" is no command that is disabled.
    const isForbidden =
      error instanceof Error &&
      /unknown command|NOPERM|not allowed|disabled/i.test(error.message) &&
      !isLockedOut(error);
    if (isForbidden) return null;
    throw error;
  }
}

/** The value in the answer to CONFIG GET: a name and its value. */
function settingIn(answer: unknown): string | null {
  return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : null;
}

/** Both settings as `INFO` reports them. */
export function durabilityOfInfo(info: string): Durability {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? null;
  const enabled = field("aof_enabled");
  return {
    maxmemoryPolicy: field("maxmemory_policy"),
    appendonly: enabled === null ? null : enabled === "1" ? "yes" : "no",
  };
}

/** Each thing wrong as a sentence with its cure; empty when nothing acknowledged can be lost. */
export function durabilityProblems({ maxmemoryPolicy, appendonly }: Durability): string[] {
  const rules = [
    {
      name: "maxmemory-policy",
      wanted: "noeviction",
      is: maxmemoryPolicy,
      danger: "Redis would delete runs to free memory",
    },
    { name: "appendonly", wanted: "yes", is: appendonly, danger: "Redis would forget runs when it restarts" },
  ];
  return rules
    .filter(({ is, wanted }) => is !== wanted)
    .map(({ name, wanted, is, danger }) => {
      const cure = `Set \`${name} ${wanted}\` in redis.conf (or run \`CONFIG SET ${name} ${wanted}\`; in a managed Redis set it in its parameter group).`;
      return is === null
        ? `Redis does not tell its ${name}, neither by CONFIG nor by INFO; without ${name} ${wanted} ${danger}. ${cure} Allow this user \`INFO\` or \`CONFIG GET\`.`
        : `Redis has ${name} ${is}, so ${danger}. ${cure}`;
    });
}
