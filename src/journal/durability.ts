import type { Redis } from "ioredis";
import { BadConfiguration } from "../errors.ts";

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
  const problems = durabilityProblems(await readDurability(redis));
  if (problems.length > 0) throw new BadConfiguration(problems);
}

export async function readDurability(redis: Redis): Promise<Durability> {
  try {
    const [maxmemoryPolicy, appendonly] = await Promise.all([
      setting(redis, "maxmemory-policy"),
      setting(redis, "appendonly"),
    ]);
    if (maxmemoryPolicy !== null && appendonly !== null) return { maxmemoryPolicy, appendonly };
  } catch (error) {
    // Managed Redis forbids CONFIG, by removing the command or by its access rules; INFO says the same.
    if (!(error instanceof Error && /unknown command|NOPERM|not allowed|disabled/i.test(error.message)))
      throw error;
  }
  return durabilityOfInfo(await redis.info());
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

async function setting(redis: Redis, name: string): Promise<string | null> {
  const answer = await redis.config("GET", name);
  return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : null;
}
