import { refusalOf, type Stage } from "../../forge/support/forge.ts";

/** Issues, comments, labels and reactions, by people and by the app. */
export async function tellOfIssues(stage: Stage): Promise<void> {
  const { repo, forge } = stage;
  const { issues, reactions } = stage.octokit.rest;
  const robin = forge.as("robin");
  const issue_number = await robin.openIssue("acme", "lib", {
    title: "Broken",
    body: "It breaks.",
    labels: ["bug"],
  });
  const at = { ...repo, issue_number };
  await robin.editIssue("acme", "lib", issue_number, { title: "It is broken", body: "It really breaks." });
  await issues.create({ ...repo, title: "By the app", labels: ["agent-fix"] });
  await issues.listForRepo({ ...repo, state: "all" });
  await issues.get(at);
  await issues.update({ ...at, state: "closed", state_reason: "not_planned", labels: ["bug", "later"] });
  await issues.get(at);
  await issues.update({ ...at, state: "open" });
  await issues.addAssignees({ ...at, assignees: ["ada"] });
  await labels(stage, issue_number);

  const comment = await issues.createComment({ ...at, body: "Working on it" });
  const id = { ...repo, comment_id: comment.data.id };
  await issues.getComment(id);
  await issues.updateComment({ ...id, body: "Done" });
  const mine = await robin.comment("acme", "lib", issue_number, "/agent status");
  await robin.editComment("acme", "lib", mine, "/agent help");
  await issues.listComments(at);
  await issues.listCommentsForRepo(repo);
  for (const twice of [1, 2])
    await reactions.createForIssue({ ...at, content: twice === 1 ? "eyes" : "eyes" });
  await reactions.listForIssue(at);
  const reaction = await reactions.createForIssueComment({ ...id, content: "rocket" });
  await reactions.listForIssueComment(id);
  await reactions.deleteForIssueComment({ ...id, reaction_id: reaction.data.id });
  const [first] = (await reactions.listForIssue(at)).data;
  await reactions.deleteForIssue({ ...at, reaction_id: first?.id ?? 0 });
  await robin.deleteComment("acme", "lib", mine);
  await issues.deleteComment(id);
  await issues.lock(at);
  await issues.unlock(at);

  await refusalOf(issues.createComment({ ...at, body: "x".repeat(70_000) }));
  await refusalOf(issues.get({ ...repo, issue_number: 999 }));
  await refusalOf(issues.getComment(id));
  const doomed = await robin.openIssue("acme", "lib", { title: "Doomed" });
  forge.settings.deleteIssue("acme", "lib", doomed);
  await refusalOf(issues.get({ ...repo, issue_number: doomed }));
}

async function labels({ octokit, forge, repo }: Stage, issue_number: number): Promise<void> {
  const { issues } = octokit.rest;
  const at = { ...repo, issue_number };
  await issues.createLabel({ ...repo, name: "fixable", color: "0e8a16", description: "Can be fixed" });
  await refusalOf(issues.createLabel({ ...repo, name: "fixable", color: "0e8a16" }));
  await issues.getLabel({ ...repo, name: "fixable" });
  await issues.updateLabel({ ...repo, name: "fixable", new_name: "fixable!", color: "ffffff" });
  await issues.listLabelsForRepo(repo);
  await issues.addLabels({ ...at, labels: ["fixable!"] });
  await issues.setLabels({ ...at, labels: ["bug", "fixable!"] });
  await issues.listLabelsOnIssue(at);
  await issues.removeLabel({ ...at, name: "bug" });
  await refusalOf(issues.removeLabel({ ...at, name: "bug" }));
  await issues.listEvents(at);
  await issues.removeAllLabels(at);
  await issues.deleteLabel({ ...repo, name: "fixable!" });
  await forge.as("robin").label("acme", "lib", issue_number, "agent-fix");
}
