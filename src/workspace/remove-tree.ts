import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";

/** Removes a directory in which untrusted code has written: never follows a link, and opens directories that it closed to us. */
export async function removeTree(directory: string, path: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch {
    await openDirectories(directory, path);
    await rm(directory, { recursive: true, force: true });
  }
}

function openDirectories(directory: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // find goes into a directory after its mode is changed, and does not follow links.
    const child = spawn("find", ["-P", directory, "-type", "d", "-exec", "chmod", "u+rwx", "{}", ";"], {
      env: { PATH: path },
      stdio: "ignore",
    });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}
