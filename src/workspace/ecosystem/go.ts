import { type Detector, proving } from "./ecosystem.ts";

/** Go modules with a go.mod at the root. */
export const detectGo: Detector = async (files) => {
  const module = await files.read("go.mod");
  if (module === null) return null;
  const isVendored = files.has("vendor/modules.txt");
  const requires = /^\s*require\b/m.test(module);
  const download = requires && !isVendored;
  const hasTests = files.paths.some((path) => path.endsWith("_test.go"));
  const why = isVendored
    ? "The modules are vendored, so none are downloaded."
    : download
      ? "go.mod names modules; go.sum says what they must be."
      : "go.mod names no other modules.";
  return {
    ecosystem: "go",
    checks: [
      ...(hasTests ? [proving("test", "go test ./...", "go.mod and _test.go files")] : []),
      proving("vet", "go vet ./...", "go.mod"),
      proving("build", "go build ./...", "go.mod"),
    ],
    commands: [
      ...(download ? downloads.map((command) => ({ command, why })) : []),
      {
        command: "go build ./... || true",
        why: "Compiling once makes the checks fast; they decide whether it compiles.",
      },
    ],
    env: {
      GOFLAGS: isVendored ? "-mod=vendor" : "-mod=mod",
      GOTOOLCHAIN: "local",
      GOMODCACHE: "{workspace}/.fixpoint/go/modules",
      GOCACHE: "{workspace}/.fixpoint/go/build",
      // Checks have no network; without these go waits for it.
      GOPROXY: "off",
      GOSUMDB: "off",
    },
    findings: ["go.mod describes a Go module.", why, ...(hasTests ? [] : ["There are no _test.go files."])],
  };
};

/** Into the repository's own cache over the network, and from there, as from a proxy, into the workspace where checks find it. */
const downloads = [
  'env -u GOPROXY -u GOSUMDB GOMODCACHE="$FIXPOINT_CACHE/go" go mod download -modcacherw',
  'GOPROXY="file://$FIXPOINT_CACHE/go/cache/download" go mod download -modcacherw',
];
