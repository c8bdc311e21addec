import { AskPerson } from "../errors.ts";
import { fetchFile } from "./facts/file.ts";
import type { RepositoryGithub } from "./repository-github.ts";

/** Files above it are not scanned for what looks like secrets; the exact secrets of this installation are looked for in all. */
const SCANNED_BYTES = 1024 * 1024;

/**
 * Content cannot be redacted on its way (the tree would be another one), so a change that adds a secret is refused whole.
 * What stood in the file before may stay: test data often looks like a key.
 */
export async function assertNoNewSecret(
  repository: RepositoryGithub,
  commit: { parent: string; files: readonly { path: string; bytes: Uint8Array }[] },
): Promise<void> {
  for (const file of commit.files) {
    const isLarge = file.bytes.length > SCANNED_BYTES;
    const findings = repository
      .redactor()
      .find(Buffer.from(file.bytes).toString("latin1"))
      .filter((finding) => !isLarge || finding.net === "known");
    if (findings.length === 0) continue;
    const before = await fetchFile(repository, {
      sha: commit.parent,
      path: file.path,
      maxBytes: SCANNED_BYTES,
    });
    const known = before?.state === "read" ? Buffer.from(before.bytes).toString("latin1") : "";
    const added = findings.find((finding) => finding.net === "known" || !known.includes(finding.value));
    if (added) throw secretAdded(file.path, added.kind);
  }
}

function secretAdded(path: string, kind: string): AskPerson {
  return new AskPerson(
    "policy",
    `The change would publish what looks like a secret (${kind}) in \`${path.replaceAll("`", "'")}\`, so nothing was published. If it is one, rotate it; then comment \`/agent retry\` and say what should stand there instead.`,
  );
}
