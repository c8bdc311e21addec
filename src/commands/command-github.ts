import type { RepositoryRef } from "../run/request.ts";

export type Permission = "admin" | "maintain" | "write" | "triage" | "read" | "none";

/** in a conversation, or at a line of a pull request: GitHub counts the two apart */
type CommentPlace = "conversation" | "review_thread";

/** What commands need of GitHub. Throws `TryLater` when GitHub should be asked again after a while. */
export interface CommandGithub {
  /** asked of the collaborator-permission endpoint now; `none` for strangers and for accounts that are gone */
  permissionOf(repository: RepositoryRef, login: string): Promise<Permission>;
  /** the login under which this App acts, `<slug>[bot]` */
  botLogin(): Promise<string>;
  /** the head branch of a pull request if it lies in this repository itself; null for a fork, or when there is no such pull request */
  branchOfPull(repository: RepositoryRef, pullNumber: number): Promise<string | null>;
  /** how an issue stands now; null when it is gone */
  issueNow(
    repository: RepositoryRef,
    number: number,
  ): Promise<{ state: "open" | "closed"; labels: readonly string[]; locked: boolean } | null>;
  /** how a pull request stands now; null when it is gone */
  pullNow(repository: RepositoryRef, number: number): Promise<"open" | "closed" | "merged" | null>;
  /** exactly one comment on this issue or pull request for this key, however often it is called */
  answer(repository: RepositoryRef, number: number, key: string, body: string): Promise<void>;
  /** shows the person that the comment was seen; the same reaction twice is one */
  react(repository: RepositoryRef, commentId: number, place: CommentPlace): Promise<void>;
  /** creates the label unless it is there */
  ensureLabel(repository: RepositoryRef, name: string): Promise<void>;
}
