import { AskPerson } from "../errors.ts";
import type { Answer } from "./answer.ts";

/** Where the call went, for the sentence that a person reads. */
export interface Place {
  /** `https://github.com` */
  web: string;
  /** `owner/name` */
  repository: string;
  /** null when the call was made by the App itself */
  installationId: number | null;
}

/** What was asked of GitHub: in words, and by which route, from which the permission is guessed where GitHub does not name it. */
export interface Call {
  what: string;
  path: string;
  access: "read" | "write";
}

const permissionNames: Readonly<Record<string, string>> = {
  actions: "Actions",
  administration: "Administration",
  checks: "Checks",
  contents: "Contents",
  issues: "Issues",
  members: "Members",
  metadata: "Metadata",
  pull_requests: "Pull requests",
  statuses: "Commit statuses",
  workflows: "Workflows",
};

/** The permission that an endpoint wants, where GitHub's answer does not name it (GraphQL, older servers). */
const permissionByPath: readonly (readonly [RegExp, string])[] = [
  [/\/check-(?:runs|suites)/, "checks"],
  [/\/actions\//, "actions"],
  [/\/(?:status|statuses)(?:\/|$)/, "statuses"],
  [/\/pulls/, "pull_requests"],
  [/\/(?:git|contents|branches)(?:\/|$)/, "contents"],
  [/\/(?:issues|labels)/, "issues"],
  [/\/graphql/, "pull_requests"],
];

/** A refusal that no repetition changes, as a question that says what is missing and who can mend it. */
export function askAbout(
  answer: Extract<Answer, { kind: "not_permitted" | "refused" | "gone" | "already_there" }>,
  call: Call,
  place: Place,
): AskPerson {
  const said = answer.message.replace(/\s+/g, " ").slice(0, 300);
  if (answer.kind === "not_permitted") return askForPermission(answer, call, place);
  if (answer.kind === "gone") {
    return new AskPerson(
      "github",
      `GitHub no longer has what this run needs in ${place.repository} (${answer.status}: ${said}). If it was deleted, nothing is left to do; if the App lost its access, give it back at ${settingsOf(place)} and comment \`/agent retry\`.`,
    );
  }
  if (/archived/i.test(said)) {
    return new AskPerson(
      "github",
      `The repository ${place.repository} is archived, so nothing can be written to it. Unarchive it and comment \`/agent retry\`.`,
    );
  }
  if (/locked/i.test(said)) {
    return new AskPerson(
      "github",
      `The conversation is locked, so the App cannot write to it. Unlock it and comment \`/agent retry\`.`,
    );
  }
  if (/rule violations?|protected branch|required signatures|GH013|GH006/i.test(said)) {
    return new AskPerson(
      "permission",
      `A branch rule of ${place.repository} refuses the App's branch: ${said}. Let branches that begin with \`agent/\` pass that rule (or allow the App to bypass it), then comment \`/agent retry\`.`,
    );
  }
  const status = answer.kind === "refused" ? answer.status : 422;
  return new AskPerson(
    "github",
    `GitHub refused ${call.what} (${status}: ${said}). Mend the cause and comment \`/agent retry\`.`,
  );
}

function askForPermission(
  answer: Extract<Answer, { kind: "not_permitted" }>,
  call: Call,
  place: Place,
): AskPerson {
  const said = answer.message.replace(/\s+/g, " ").slice(0, 300);
  if (/suspended/i.test(said)) {
    return new AskPerson(
      "permission",
      `The App's installation is suspended. Unsuspend it at ${settingsOf(place)}, then comment \`/agent retry\`.`,
    );
  }
  if (answer.status === 401) {
    return new AskPerson(
      "permission",
      `GitHub does not accept the App's credentials (${said}). Whoever runs Fixpoint has to check APP_ID and the private key.`,
    );
  }
  const missing = nameOf(answer.permission, call);
  return new AskPerson(
    "permission",
    `The App lacks the permission ${missing} in ${place.repository}. Grant it in the App's settings under "Permissions & events", accept the change at ${settingsOf(place)}, then comment \`/agent retry\`. (GitHub said: ${said})`,
  );
}

/** `issues=write; pull_requests=write` or a path becomes `"Issues: write" or "Pull requests: write"`. */
function nameOf(accepted: string | null, call: Call): string {
  const { access } = call;
  const guess = permissionByPath.find(([pattern]) => pattern.test(call.path))?.[1] ?? "contents";
  const sets = (accepted ?? `${guess}=${access}`).split(";").map((set) =>
    set
      .split(",")
      .map((part) => part.trim().split("="))
      .map(([name = "", level = access]) => `"${permissionNames[name] ?? name}: ${level}"`)
      .join(" and "),
  );
  return sets.join(" or ");
}

function settingsOf(place: Place): string {
  return `${place.web}/settings/installations${place.installationId === null ? "" : `/${place.installationId}`}`;
}
