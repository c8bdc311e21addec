/** Lines of a script, a line that ends in a backslash together with the next one. */
export function commandLines(script: string): string[] {
  return script
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** A line that makes a repository ready and proves nothing. */
export function installs(line: string): boolean {
  return /^(npm (ci|i|install)|pnpm (i|install)|yarn( install)?$|yarn install|pip3? install|python3? -m pip install|bundle install|composer install|poetry install|uv sync|go mod download|cargo fetch)\b/.test(
    line,
  );
}
