import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";

/** An issue as it stands now. What a run obeys is the text of the delivery, not this one. */
export interface IssueFacts {
  number: number;
  state: "open" | "closed";
  title: string;
  body: string;
  author: string;
  labels: readonly string[];
  locked: boolean;
  isPull: boolean;
}

/** One issue; null when it is deleted, or was transferred to another repository. */
export async function fetchIssue(repository: RepositoryGithub, number: number): Promise<IssueFacts | null> {
  const answer = await orNull(
    repository.octokit.rest.issues.get({ ...repository.at(), issue_number: number }),
  );
  if (!answer) return null;
  const { data } = answer;
  return {
    number: data.number,
    state: data.state === "open" ? "open" : "closed",
    title: data.title,
    body: data.body ?? "",
    author: data.user?.login ?? "ghost",
    labels: data.labels.map((label) => (typeof label === "string" ? label : (label.name ?? ""))),
    locked: data.locked,
    isPull: data.pull_request !== undefined,
  };
}
