import { type Fields, isFields, objects, optionalText, text, time } from "../fields.ts";
import type { Annotation, CheckRun } from "../records/check.ts";
import { unprocessable, validationFailed } from "../refusal.ts";
import type { CheckRunChange } from "../verbs/check.ts";

const STATUSES = ["queued", "in_progress", "completed", "waiting", "requested", "pending"];
const CONCLUSIONS = ["success", "failure", "neutral", "cancelled", "timed_out", "action_required", "skipped"];
const MAX_TEXT = 65_535;

function oneOf(
  value: string | null | undefined,
  words: readonly string[],
  field: string,
): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!words.includes(value))
    throw unprocessable(
      `Invalid request.\n\n${value} is not a possible value for "${field}". Must be one of: ${words.join(", ")}.`,
    );
  return value;
}

function readOutput(body: Fields): Pick<CheckRunChange, "output" | "annotations"> {
  const output = body["output"];
  if (!isFields(output)) return {};
  const summary = optionalText(output, "summary") ?? null;
  const long = optionalText(output, "text") ?? null;
  for (const [field, value] of Object.entries({ summary, text: long })) {
    if ((value ?? "").length > MAX_TEXT) {
      throw validationFailed({
        resource: "CheckRun",
        code: "invalid",
        field,
        message: `${field} exceeds a maximum length of 65535`,
      });
    }
  }
  const annotations = objects(output, "annotations") ?? [];
  if (annotations.length > 50)
    throw unprocessable("Invalid request.\n\nNo more than 50 items are allowed; 51 were supplied.");
  return {
    output: { title: optionalText(output, "title") ?? null, summary, text: long },
    annotations: annotations.map(
      (one): Annotation => ({
        path: text(one, "path"),
        start_line: Number(one["start_line"]),
        end_line: Number(one["end_line"]),
        start_column: typeof one["start_column"] === "number" ? one["start_column"] : null,
        end_column: typeof one["end_column"] === "number" ? one["end_column"] : null,
        annotation_level:
          oneOf(text(one, "annotation_level"), ["notice", "warning", "failure"], "annotation_level") ??
          "notice",
        message: text(one, "message"),
        title: optionalText(one, "title") ?? null,
        raw_details: optionalText(one, "raw_details") ?? null,
      }),
    ),
  };
}

function readActions(body: Fields): CheckRun["actions"] | undefined {
  const actions = objects(body, "actions");
  if (actions === undefined) return undefined;
  if (actions.length > 3)
    throw unprocessable(
      `Invalid request.\n\nNo more than 3 items are allowed; ${actions.length} were supplied.`,
    );
  const limits = { label: 20, description: 40, identifier: 20 } as const;
  return actions.map((action) => {
    for (const [field, limit] of Object.entries(limits)) {
      if (text(action, field).length > limit) {
        throw unprocessable(
          `Invalid request.\n\nOnly ${limit} characters are allowed; ${text(action, field).length} were supplied.`,
        );
      }
    }
    return {
      label: text(action, "label"),
      description: text(action, "description"),
      identifier: text(action, "identifier"),
    };
  });
}

/** What a caller wants a check run to be, held against GitHub's limits. */
export function readCheckRun(body: Fields): CheckRunChange {
  const status = oneOf(optionalText(body, "status"), STATUSES, "status");
  const conclusion = oneOf(optionalText(body, "conclusion"), CONCLUSIONS, "conclusion");
  if (status === "completed" && conclusion === undefined) {
    throw unprocessable(`Invalid request.\n\n"conclusion" wasn't supplied.`);
  }
  const [externalId, detailsUrl] = [optionalText(body, "external_id"), optionalText(body, "details_url")];
  const [startedAt, completedAt, actions] = [
    time(body, "started_at"),
    time(body, "completed_at"),
    readActions(body),
  ];
  return {
    ...(status === undefined ? {} : { status }),
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(detailsUrl === undefined ? {} : { detailsUrl }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(actions === undefined ? {} : { actions }),
    ...readOutput(body),
  };
}
