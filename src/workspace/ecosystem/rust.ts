import { type Detector, proving } from "./ecosystem.ts";

/** Cargo packages and workspaces with a Cargo.toml at the root. */
export const detectRust: Detector = async (files) => {
  if (!files.has("Cargo.toml")) return null;
  const locked = files.has("Cargo.lock");
  const why = locked
    ? "Cargo.lock pins the crates; they are fetched, and nothing is built while there is network."
    : "There is no Cargo.lock, so the newest fitting crates are fetched; nothing is built while there is network.";
  return {
    ecosystem: "rust",
    checks: [
      proving("test", "cargo test --offline", "Cargo.toml"),
      proving("build", "cargo check --offline --all-targets", "Cargo.toml"),
    ],
    commands: [
      { command: `CARGO_HOME="$FIXPOINT_CACHE/cargo" cargo fetch${locked ? " --locked" : ""}`, why },
      {
        command:
          'mkdir -p .fixpoint/cargo && if [ -d "$FIXPOINT_CACHE/cargo/registry" ]; then cp -R "$FIXPOINT_CACHE/cargo/registry" .fixpoint/cargo/; fi',
        why: "Checks find the crates in the workspace.",
      },
    ],
    env: { CARGO_HOME: "{workspace}/.fixpoint/cargo", CARGO_TERM_COLOR: "never" },
    findings: ["Cargo.toml describes a Rust package.", why],
  };
};
