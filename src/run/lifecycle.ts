/** What happens to an issue, a repository or the installation while a run works there, and ends the run. */
export const withdrawalNames = [
  "issue_closed",
  "issue_unlabeled",
  "issue_deleted",
  "issue_transferred",
  "issue_locked",
  "repository_archived",
  "repository_deleted",
  "repository_transferred",
  "access_removed",
] as const;
export type Withdrawal = (typeof withdrawalNames)[number];

/** Each as the sentence with which the run ends. */
export const withdrawals: Record<Withdrawal, string> = {
  issue_closed: "The issue was closed.",
  issue_unlabeled: "The label was taken off the issue.",
  issue_deleted: "The issue was deleted.",
  issue_transferred: "The issue was transferred to another repository.",
  issue_locked: "The issue was locked.",
  repository_archived: "The repository was archived.",
  repository_deleted: "The repository was deleted.",
  repository_transferred:
    "The repository was transferred to an account where the App works under another installation.",
  access_removed: "The App was removed from the repository.",
};

const withoutAccess: ReadonlySet<Withdrawal> = new Set<Withdrawal>([
  "repository_archived",
  "repository_deleted",
  "repository_transferred",
  "access_removed",
]);

/** Where nothing can be written any more, so that nothing is tried. */
export function isOutOfReach(run: {
  withdrawn: Withdrawal | null;
  asked: { reason: string } | null;
}): boolean {
  return run.asked?.reason === "suspended" || (run.withdrawn !== null && withoutAccess.has(run.withdrawn));
}

export const suspendedQuestion =
  "The App's installation is suspended, so I can neither read nor write here. Unsuspend it, and I go on from the last checkpoint.";
