import { BadConfiguration } from "../errors.ts";
import { NeedsInstallError } from "../provision/install-advice.ts";

/** Ends the process with the code that `main` comes to; a mistake of whoever started it is said in its own words, with 2. */
export function exitWith(main: Promise<number>): void {
  main.then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const known = error instanceof BadConfiguration || error instanceof NeedsInstallError;
      console.error(known ? error.message : error);
      process.exitCode = known ? 2 : 1;
    },
  );
}
