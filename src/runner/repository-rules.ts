import type { Blobs } from "../journal/journal.ts";
import type { PathRules } from "../run/policy.ts";
import { parseRepositoryConfig, type RepositoryConfig } from "../run/repository-config.ts";
import type { Run } from "../run/run.ts";

/** The repository's own configuration as triage found it at the base, or null when it has none. */
export async function repositoryConfig(run: Run, blobs: Blobs): Promise<RepositoryConfig | null> {
  if (!run.configDigest) return null;
  const parsed = parseRepositoryConfig(await blobs.getText(run.configDigest));
  return "config" in parsed ? parsed.config : null;
}

export async function pathRules(run: Run, blobs: Blobs): Promise<PathRules> {
  const paths = (await repositoryConfig(run, blobs))?.paths;
  return { deny: paths?.deny ?? [], ask: paths?.ask ?? [], private: paths?.private ?? [] };
}
