import { iso } from "../shapes/basics.ts";

/** A job's log as GitHub writes it: each line with its time, commands in groups, errors marked. */
export type JobLog = {
  line: (text: string) => void;
  group: (title: string, lines: readonly string[]) => void;
  text: () => string;
};

export function createLog(now: () => Date): JobLog {
  const lines: string[] = [];
  const line = (text: string) => {
    const stamp = iso(now()).replace("Z", ".0000000Z");
    for (const one of text.replace(/\n$/, "").split("\n")) lines.push(`${stamp} ${one}`);
  };
  return {
    line,
    group: (title, inside) => {
      line(`##[group]${title}`);
      for (const one of inside) line(one);
      line("##[endgroup]");
    },
    text: () => (lines.length === 0 ? "" : `${lines.join("\n")}\n`),
  };
}
