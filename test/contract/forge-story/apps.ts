import { refusalOf, type Stage, writeFiles } from "../../forge/support/forge.ts";

/** The app itself, its installations and deliveries, and what becomes of repositories. Comes last: it ends with everything gone. */
export async function tellOfApps(stage: Stage): Promise<void> {
  const { app, forge, repo, installationId: installation_id } = stage;
  const { apps } = app.rest;
  await apps.getAuthenticated();
  await apps.listInstallations();
  await apps.getInstallation({ installation_id });
  await apps.getRepoInstallation(repo);
  await apps.createInstallationAccessToken({
    installation_id,
    repository_ids: [forge.inspect("acme", "lib").id],
    permissions: { contents: "read" },
  });
  await refusalOf(
    apps.createInstallationAccessToken({ installation_id, permissions: { administration: "write" } }),
  );
  await stage.octokit.rest.apps.listReposAccessibleToInstallation();
  await stage.octokit.rest.rateLimit.get();
  await stage.octokit.rest.users.getByUsername({ username: "robin" });
  await stage.octokitWith(forge.as("robin").token).rest.users.getAuthenticated();
  await stage.octokitWith(await stage.token()).rest.apps.revokeInstallationAccessToken();
  await deliveries(stage);

  const owner = stage.octokitWith(forge.as("acme").token);
  await owner.rest.repos.update({ ...repo, private: true });
  await owner.rest.repos.update({ ...repo, private: false });
  forge.settings.rename("acme", "lib", "library");
  await stage.octokit.rest.repos.get(repo);
  forge.settings.rename("acme", "library", "lib");
  forge.settings.archive("acme", "lib");
  await refusalOf(stage.octokit.rest.issues.create({ ...repo, title: "late" }));
  forge.settings.unarchive("acme", "lib");
  forge.settings.permissions("acme", { contents: "read", issues: "read", administration: "read" });

  await apps.suspendInstallation({ installation_id });
  await refusalOf(stage.token());
  await apps.unsuspendInstallation({ installation_id });
  const from = await writeFiles(`${stage.dir}/second`, { "x.txt": "x\n" });
  await forge.createRepository({ owner: "acme", name: "second", from });
  forge.settings.removeRepositories("acme", "second");
  forge.settings.addRepositories("acme", "second");
  forge.settings.remove("acme", "second");
  forge.install("eve");
  forge.settings.transfer("acme", "lib", "eve");
  await apps.deleteInstallation({ installation_id });
  await refusalOf(apps.getInstallation({ installation_id }));
}

async function deliveries({ app, forge }: Stage): Promise<void> {
  await forge.settled();
  const { data } = await app.rest.apps.listWebhookDeliveries({ per_page: 2 });
  const delivery_id = data[0]?.id ?? 0;
  await app.rest.apps.getWebhookDelivery({ delivery_id });
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id });
  await forge.settled();
}
