import { calm, nameOf, parseSetting, type Setting } from "./setting.ts";

/**
 * What may happen at a call that leaves a process.
 * `before`: the process dies before the call leaves it. `unanswered`: the call is carried out, and the process dies before it hears so.
 * `unsaved`: it hears so, and dies before anything more leaves it. `late`: it dies, and the call is carried out seconds after that.
 * `lost`: it lives, but the connection breaks after the call was carried out. `frozen`: it stands still for a minute (SIGSTOP) after the
 * call was carried out, and then goes on. `term`: it is asked to end (SIGTERM). `forgotten`: it lives, and Redis goes on without its last
 * writes, as after a failover to a replica that lagged behind.
 */
export const modes = [
  "before",
  "unanswered",
  "unsaved",
  "late",
  "lost",
  "frozen",
  "term",
  "forgotten",
] as const;
export type Mode = (typeof modes)[number];

/** The three places of a crash at every boundary. */
export const crashes = ["before", "unanswered", "unsaved"] as const satisfies readonly Mode[];

export interface Fault {
  /** number of the call, counted over all processes from the beginning of the story */
  at: number;
  mode: Mode;
}

/** In the order in which they happen. */
export type Schedule = readonly Fault[];

const letters: Readonly<Record<Mode, string>> = {
  before: "b",
  unanswered: "u",
  unsaved: "s",
  late: "t",
  lost: "l",
  frozen: "f",
  term: "e",
  forgotten: "r",
};

/** `b57-s91` or `budget104:b57`: all that has to be known to play the same story again. */
export function seedOf(schedule: Schedule, setting: Setting = calm): string {
  const faults = schedule.map(({ at, mode }) => `${letters[mode]}${at}`).join("-") || "none";
  const name = nameOf(setting);
  return name === "" ? faults : `${name}:${faults}`;
}

/** Throws when it is no seed. */
export function parseSeed(seed: string): { setting: Setting; schedule: Schedule } {
  const [faults = "", setting = ""] = seed.split(":").reverse();
  return { setting: parseSetting(setting), schedule: faults === "none" ? [] : parseFaults(faults) };
}

function parseFaults(seed: string): Schedule {
  return seed.split("-").map((part): Fault => {
    const mode = modes.find((each) => letters[each] === part.slice(0, 1));
    const at = Number(part.slice(1));
    if (!mode || !Number.isInteger(at) || at < 1)
      throw new Error(`"${part}" is no fault; one looks like u57.`);
    return { at, mode };
  });
}
