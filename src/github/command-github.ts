import { TryLater } from "../errors.ts";
import type { RepositoryRef } from "../run/request.ts";
import type { Github } from "./client.ts";
import { ensureComment } from "./comment.ts";
import type { EffectRecord } from "./effect.ts";
import { fetchIssue, type IssueFacts } from "./facts/issue.ts";
import { fetchPull } from "./facts/pull.ts";
import { fetchPermission, type Permission } from "./facts/repository.ts";
import { ensureLabel } from "./label.ts";
import { addEyes } from "./reaction.ts";

/** How far back an answer is looked for: deliveries are not repeated after that. */
const ANSWER_LIFETIME_MS = 30 * 24 * 60 * 60_000;

/** Another worker is at an answer in the same conversation: about as long as one takes. */
const TURN_MS = 1_000;

const LABEL_COLOR = "5319e7";
const LABEL_DESCRIPTION = "Fixpoint plans and makes a fix for this issue";

export interface CommandPort {
  permissionOf(repository: RepositoryRef, login: string): Promise<Permission>;
  botLogin(): Promise<string>;
  branchOfPull(repository: RepositoryRef, pullNumber: number): Promise<string | null>;
  issueNow(repository: RepositoryRef, number: number): Promise<IssueFacts | null>;
  pullNow(repository: RepositoryRef, number: number): Promise<"open" | "closed" | "merged" | null>;
  answer(repository: RepositoryRef, number: number, key: string, body: string): Promise<void>;
  react(repository: RepositoryRef, commentId: number, place: "conversation" | "review_thread"): Promise<void>;
  ensureLabel(repository: RepositoryRef, name: string): Promise<void>;
}

/** Where writes are kept that belong to no run. `scope` names what is answered. */
export interface AnswerRecords {
  open(scope: string, check?: () => void): Promise<EffectRecord>;
  /** null while another writes there; `check` throws `LeaseLost` when it is not ours any more */
  hold(scope: string): Promise<{ check(): void; release(): Promise<void> } | null>;
}

/** What commands need of GitHub: small, with a token that can comment and read pull requests but not touch code. */
export function createCommandGithub(
  github: Github,
  records: AnswerRecords,
  now: () => number = Date.now,
): CommandPort {
  const talk = (ref: RepositoryRef) => github.repository(ref, "talk");
  return {
    permissionOf: (ref, login) => fetchPermission(talk(ref), login),

    botLogin: async () => (await github.identity()).botLogin,

    async branchOfPull(ref, pullNumber) {
      const pull = await fetchPull(talk(ref), pullNumber);
      return pull?.headRepositoryId === ref.id ? pull.branch : null;
    },

    issueNow: (ref, number) => fetchIssue(talk(ref), number),

    pullNow: async (ref, number) => (await fetchPull(talk(ref), number))?.state ?? null,

    async answer(ref, number, key, body) {
      const conversation = `answer_${ref.id}_${number}`;
      // Two deliveries may ask for the same answer at once, and GitHub would take both: nothing but our mark tells comments apart.
      const held = await records.hold(conversation);
      if (!held) throw new TryLater(`Something else is being answered in ${conversation}.`, TURN_MS);
      try {
        await ensureComment(talk(ref), await records.open(`${conversation}_${key}`, held.check), {
          opKey: `comment:${key}`,
          issueNumber: number,
          mark: { run: conversation, op: key },
          body,
          since: new Date(now() - ANSWER_LIFETIME_MS).toISOString(),
        });
      } finally {
        await held.release();
      }
    },

    async react(ref, commentId, place) {
      const kind = place === "conversation" ? "comment" : "review_comment";
      const record = await records.open(`reaction_${ref.id}_${kind}_${commentId}`);
      await addEyes(talk(ref), record, { opKey: "eyes", on: { kind, commentId } });
    },

    async ensureLabel(ref, name) {
      // Somebody may have deleted the label since the last installation: each installation asks anew.
      const opKey = `label:${now()}`;
      const wish = { opKey, name, color: LABEL_COLOR, description: LABEL_DESCRIPTION };
      await ensureLabel(talk(ref), await records.open(`label_${ref.id}`), wish);
    },
  };
}
