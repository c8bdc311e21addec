import { type Detector, proving } from "./ecosystem.ts";

const names = ["Makefile", "makefile", "GNUmakefile"];
const wanted = ["test", "check", "lint"];

/** Targets of a Makefile by their usual names. */
export const detectMake: Detector = async (files) => {
  const makefile = names.find((name) => files.has(name));
  const text = makefile ? await files.read(makefile) : null;
  if (!makefile || text === null) return null;
  const targets = wanted.filter((target) => definesTarget(text, target));
  return {
    ecosystem: "make",
    checks: targets.map((target) => proving(target, `make ${target}`, `${makefile} target ${target}`)),
    commands: [],
    env: {},
    findings:
      targets.length > 0
        ? [`${makefile} has the targets ${targets.join(", ")}.`]
        : [`${makefile} has none of the targets ${wanted.join(", ")}.`],
  };
};

/** `test:` and `lint test: deps`, but not `test := x`, recipes, or comments. */
function definesTarget(text: string, target: string): boolean {
  return text.split("\n").some((line) => {
    const [, left] = /^([^\s#:=][^#:=]*):(?![:=])/.exec(line) ?? [];
    return left?.trim().split(/\s+/).includes(target) ?? false;
  });
}
