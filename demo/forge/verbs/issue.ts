import type { Account } from "../records/account.ts";
import type { Comment, Issue, Label } from "../records/issue.ts";
import type { Repository } from "../records/repository.ts";
import { shapeComment, shapeIssue, shapeLabel } from "../shapes/issue.ts";
import { isPull } from "../shapes/pull.ts";
import type { World } from "../world.ts";
import { emitPull } from "./pull.ts";

type NewIssue = { title: string; body: string | null; author: Account; viaApp: boolean };

/** Puts an issue into the repository under the next number; nothing is told yet. */
export function newIssue(world: World, repository: Repository, wanted: NewIssue): Issue {
  const at = world.now();
  const issue: Issue = {
    ...wanted,
    id: world.state.nextId(),
    number: Math.max(0, ...repository.issues.keys()) + 1,
    state: "open",
    stateReason: null,
    labels: [],
    labelings: [],
    assignees: [],
    locked: false,
    deleted: false,
    comments: [],
    reactions: [],
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    closedBy: null,
    pull: null,
  };
  repository.issues.set(issue.number, issue);
  return issue;
}

/** Sends an `issues` webhook; `label` for labeled and unlabeled. */
export function emitIssue(
  world: World,
  repository: Repository,
  issue: Issue,
  action: string,
  sender: Account,
  label?: Label,
  extra: Record<string, unknown> = {},
): void {
  const payload = {
    issue: shapeIssue(world, repository, issue),
    ...(label === undefined ? {} : { label: shapeLabel(world, repository, label) }),
    ...extra,
  };
  world.emit({ event: "issues", action, repository, sender, payload });
}

/** The label of this name; as on GitHub a label that does not exist yet is made when it is put on an issue. */
export function labelNamed(world: World, repository: Repository, name: string, sender: Account): Label {
  const known = repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());
  return known ?? createLabel(world, repository, { name, color: "ededed", description: null }, sender);
}

export function createLabel(
  world: World,
  repository: Repository,
  wanted: { name: string; color: string; description: string | null },
  sender: Account,
): Label {
  const label: Label = { id: world.state.nextId(), default: false, ...wanted };
  repository.labels.push(label);
  emitLabel(world, repository, label, "created", sender);
  return label;
}

export function emitLabel(
  world: World,
  repository: Repository,
  label: Label,
  action: string,
  sender: Account,
  extra = {},
) {
  const payload = { label: shapeLabel(world, repository, label), ...extra };
  world.emit({ event: "label", action, repository, sender, payload });
}

/** Adds labels to an issue or replaces its set; each one that comes or goes is told. */
export async function labelIssue(
  world: World,
  repository: Repository,
  issue: Issue,
  names: readonly string[],
  sender: Account,
  how: "add" | "replace",
): Promise<void> {
  const wanted = names.map((name) => labelNamed(world, repository, name, sender));
  if (how === "replace") {
    for (const label of issue.labels.filter((one) => !wanted.includes(one))) {
      await unlabelIssue(world, repository, issue, label, sender);
    }
  }
  for (const label of wanted) {
    if (issue.labels.includes(label)) continue;
    issue.labels.push(label);
    issue.updatedAt = world.now();
    await emitLabeling(world, repository, issue, "labeled", label, sender);
  }
}

export async function unlabelIssue(
  world: World,
  repository: Repository,
  issue: Issue,
  label: Label,
  sender: Account,
) {
  issue.labels = issue.labels.filter((one) => one !== label);
  issue.updatedAt = world.now();
  await emitLabeling(world, repository, issue, "unlabeled", label, sender);
}

export function noteLabeling(
  world: World,
  issue: Issue,
  event: "labeled" | "unlabeled",
  label: Label,
  actor: Account,
): void {
  issue.labelings.push({ id: world.state.nextId(), event, actor, label, createdAt: world.now() });
}

async function emitLabeling(
  world: World,
  repository: Repository,
  issue: Issue,
  action: "labeled" | "unlabeled",
  label: Label,
  sender: Account,
) {
  noteLabeling(world, issue, action, label, sender);
  if (!isPull(issue)) return emitIssue(world, repository, issue, action, sender, label);
  await emitPull(world, repository, issue, action, sender, { label: shapeLabel(world, repository, label) });
}

export function emitComment(
  world: World,
  repository: Repository,
  issue: Issue,
  comment: Comment,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  const payload = {
    issue: shapeIssue(world, repository, issue),
    comment: shapeComment(world, repository, issue, comment),
    ...extra,
  };
  world.emit({ event: "issue_comment", action, repository, sender, payload });
}
