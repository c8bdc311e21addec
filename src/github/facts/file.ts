import { z } from "zod";
import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";

/** `too_large`: above what was asked for; `not_a_file`: a folder, a symbolic link or a submodule stands there. */
export type FetchedFile =
  | { state: "read"; bytes: Uint8Array; blob: string }
  | { state: "too_large"; size: number }
  | { state: "not_a_file" };

const fileSchema = z.object({
  type: z.string(),
  size: z.number(),
  sha: z.string(),
  encoding: z.string().optional(),
  content: z.string().optional(),
});

/** One file at one commit; null when there is none. `maxBytes` caps it, 256 KiB unless said otherwise. */
export async function fetchFile(
  repository: RepositoryGithub,
  file: { sha: string; path: string; maxBytes?: number },
): Promise<FetchedFile | null> {
  const maxBytes = file.maxBytes ?? 256 * 1024;
  // JSON and not the raw media type: a raw body that is cut on its way cannot be told from a short file.
  const answer = await orNull(
    repository.octokit.rest.repos.getContent({ ...repository.at(), path: file.path, ref: file.sha }),
  );
  if (!answer) return null;
  const found = fileSchema.safeParse(answer.data);
  if (!found.success || found.data.type !== "file") return { state: "not_a_file" };
  const { size, sha } = found.data;
  if (size > maxBytes) return { state: "too_large", size };
  // Above 1 MB the contents API leaves the content out (`encoding: none`); the blob has it.
  const base64 =
    found.data.encoding === "base64" ? (found.data.content ?? "") : await fetchBlob(repository, sha);
  return { state: "read", bytes: Buffer.from(base64, "base64"), blob: sha };
}

async function fetchBlob(repository: RepositoryGithub, sha: string): Promise<string> {
  const { data } = await repository.octokit.rest.git.getBlob({ ...repository.at(), file_sha: sha });
  return data.content;
}

export interface DirectoryEntry {
  path: string;
  type: "file" | "directory" | "other";
}

/** What lies in a folder at one commit, not below it; empty when there is no such folder. GitHub lists at most 1,000 entries here. */
export async function listDirectory(
  repository: RepositoryGithub,
  directory: { sha: string; path: string },
): Promise<DirectoryEntry[]> {
  const answer = await orNull(
    repository.octokit.rest.repos.getContent({
      ...repository.at(),
      path: directory.path,
      ref: directory.sha,
    }),
  );
  if (!answer || !Array.isArray(answer.data)) return [];
  return answer.data.map((entry) => ({ path: entry.path, type: typeOf(entry.type) }));
}

function typeOf(type: string): DirectoryEntry["type"] {
  if (type === "file") return "file";
  return type === "dir" ? "directory" : "other";
}
