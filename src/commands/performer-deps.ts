import type { Journal } from "../journal/journal.ts";
import type { Starts } from "../journal/starts.ts";
import type { Logger } from "../logger.ts";
import type { Autonomy, Limits, RunRequest } from "../run/request.ts";
import type { CommandGithub } from "./command-github.ts";

export interface PerformerDeps {
  journal: Journal;
  github: CommandGithub;
  starts: Starts;
  /** hints that a run should be looked at; any number of hints may exist */
  advance(runId: string): Promise<void>;
  config: {
    label: string;
    autonomy: Autonomy;
    limits: Limits;
    /** numeric user ids of bots that may ask */
    botIds: readonly number[];
  };
  /** of everything that shapes behaviour, recorded with each new run */
  versions: RunRequest["versions"];
  log: Logger;
}
