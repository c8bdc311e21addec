import { z } from "zod";
import { folderPath } from "./allowed-path.ts";
import type { Tool } from "./tool.ts";

const input = z.strictObject({
  path: z.string().nullable().describe("folder; null for the root"),
});

const mostListed = 400;

export const listFiles: Tool<z.infer<typeof input>> = {
  name: "list_files",
  description: "List the repository's files below a folder. Large folders are summed up by sub-folder.",
  input,
  access: "read",
  async run({ path }, context) {
    const folder = folderPath(context, path);
    const files = (await context.workspace.list(folder)).filter((file) => context.mayRead(file));
    const where = folder || "the repository";
    if (files.length === 0)
      return { status: "failed", text: `There are no files below ${where}.`, paths: [] };
    const text = files.length <= mostListed ? files.join("\n") : summed(files, folder, where);
    return { status: "ok", text, paths: folder ? [folder] : [] };
  },
};

function summed(files: readonly string[], folder: string, where: string): string {
  const skip = folder ? folder.length + 1 : 0;
  const counts = new Map<string, number>();
  for (const file of files) {
    const slash = file.indexOf("/", skip);
    const name = slash < 0 ? file : `${file.slice(0, slash)}/`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const lines = [...counts].map(([name, count]) => (name.endsWith("/") ? `${name} (${count} files)` : name));
  const shown = lines.slice(0, mostListed);
  const rest = lines.length - shown.length;
  return [
    `${files.length} files below ${where}; list a folder to see more:`,
    ...shown,
    ...(rest > 0 ? [`… and ${rest} more entries`] : []),
  ].join("\n");
}
