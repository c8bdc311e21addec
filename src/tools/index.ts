import { createFile } from "./create-file.ts";
import { deleteFile } from "./delete-file.ts";
import { editFile } from "./edit-file.ts";
import { finishStep } from "./finish-step.ts";
import { listFiles } from "./list-files.ts";
import { readFile } from "./read-file.ts";
import { runCheck } from "./run-check.ts";
import { searchCode } from "./search-code.ts";
import { submitPlan } from "./submit-plan.ts";
import type { Tool } from "./tool.ts";

/** Version of what the model may do, recorded with each run. Changes with any declaration or behaviour. */
export const toolsVersion = "2026-11-20";

/** Planning only looks. */
export const planningTools: readonly Tool[] = [listFiles, readFile, searchCode, submitPlan];

export const stepTools: readonly Tool[] = [
  listFiles,
  readFile,
  searchCode,
  editFile,
  createFile,
  deleteFile,
  runCheck,
  finishStep,
];
