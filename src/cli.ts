#!/usr/bin/env node
import { exitWith } from "./cli/exit-with.ts";
import { serve } from "./cli/serve.ts";

const USAGE = `fixpoint: turns a labelled issue into a pull request people can trust

  fixpoint start             web process and worker in one, with a private Redis if none is configured
  fixpoint server            the web process: webhooks in
  fixpoint worker            the worker: runs out
  fixpoint run --repo R --issue F.md [--script F.json | --model NAME] [--check "NAME=COMMAND"]… [--json]
                             the whole job once, on a local stand-in for GitHub
  fixpoint help              this text

Settings come from the environment: see "Configuration" in README.md.`;

/** 0 done, 1 it failed, 2 usage or configuration; `run` has 3 (a person is asked) and 4 (stopped, nothing to do) too. */
async function main(args: readonly string[]): Promise<number> {
  const [command = "help", ...rest] = args;
  switch (command) {
    case "start":
      return serve(["server", "worker"]);
    case "server":
      return serve(["server"]);
    case "worker":
      return serve(["worker"]);
    case "run": {
      // The local stand-in for GitHub is part of the demo, which the product never needs.
      const { runCommand } = await import("../demo/run-command.ts");
      return runCommand(rest);
    }
    case "help":
    case "--help":
    case "-h":
      console.log(USAGE);
      return 0;
    default:
      console.error(`There is no command "${command}".\n\n${USAGE}`);
      return 2;
  }
}

exitWith(main(process.argv.slice(2)));
