import { createHmac, timingSafeEqual } from "node:crypto";

/** Whose object it is: which run (or conversation) and which operation of it. */
export interface Mark {
  run: string;
  op: string;
}

/** What GitHub says about the author of a comment, an issue or a pull request. */
interface Authored {
  body?: string | null | undefined;
  user?: { login: string; type?: string | undefined } | null | undefined;
  performed_via_github_app?: { id?: number | undefined } | null | undefined;
}

export interface Markers {
  /** body plus the hidden marker, at most `max` characters; the body is shortened where it has to be */
  sign(body: string, mark: Mark): string;
  /** the mark of an object of ours; null when somebody else wrote it, or when the marker is forged or missing */
  read(object: Authored): Mark | null;
}

/** 422 "body is too long" above it. */
const LONGEST_BODY = 65_536;
const words = /^[A-Za-z0-9_.:/-]{1,120}$/;
const marker =
  /<!-- fixpoint:v1 run=([A-Za-z0-9_.:/-]{1,120}) op=([A-Za-z0-9_.:/-]{1,120}) mac=([0-9a-f]{64}) -->/g;

/**
 * A comment has no key on GitHub's side, so it carries its own: a hidden marker with an HMAC-SHA-256 over repository, run and op.
 * Two conditions, because either alone can be forged: the author is our own App, and the MAC is right. (A person can copy a marker;
 * our App can be made to quote one.) The key is a setting of its own: it survives a change of the App's keys and the loss of Redis.
 */
export function createMarkers(deps: {
  key: string;
  repositoryId: number;
  appId: number;
  botLogin: string;
}): Markers {
  function mac(mark: Mark): string {
    return createHmac("sha256", deps.key)
      .update(["fixpoint:v1", String(deps.repositoryId), mark.run, mark.op].join("\n"))
      .digest("hex");
  }

  function isOurs(object: Authored): boolean {
    if (object.performed_via_github_app) return object.performed_via_github_app.id === deps.appId;
    // The suffix `[bot]` cannot be part of a person's login.
    return object.user?.type === "Bot" && object.user.login === deps.botLogin;
  }

  function read(object: Authored): Mark | null {
    if (!object.body || !isOurs(object)) return null;
    // The last one is the one that `sign` put there; any before it came with quoted text.
    const [, run = "", op = "", given = ""] = [...object.body.matchAll(marker)].at(-1) ?? [];
    if (given === "") return null;
    return timingSafeEqual(Buffer.from(given), Buffer.from(mac({ run, op }))) ? { run, op } : null;
  }

  function sign(body: string, mark: Mark): string {
    if (!words.test(mark.run) || !words.test(mark.op)) {
      throw new Error(`a marker cannot carry run ${JSON.stringify(mark.run)}, op ${JSON.stringify(mark.op)}`);
    }
    const tail = `\n\n<!-- fixpoint:v1 run=${mark.run} op=${mark.op} mac=${mac(mark)} -->`;
    return `${shortenBody(body.trimEnd(), LONGEST_BODY - tail.length)}${tail}`;
  }

  return { sign, read };
}

/** The text in at most `max` characters, with a closing line that says so where something was cut. */
export function shortenBody(text: string, max: number): string {
  if (text.length <= max) return text;
  const notice = "\n\n_… shortened: GitHub allows no more here. The whole text is in the audit trail._";
  const longestFence = 12;
  const head = text.slice(0, max - notice.length - longestFence).replace(/[\ud800-\udbff]$/, "");
  return `${head}${closingFence(head)}${notice}`;
}

/** An open fence would swallow what follows the cut. */
function closingFence(text: string): string {
  let open = "";
  for (const [, marks = ""] of text.matchAll(/^ {0,3}(`{3,10})/gm)) {
    if (open === "") open = marks;
    else if (marks.length >= open.length) open = "";
  }
  return open === "" ? "" : `\n${open}`;
}
