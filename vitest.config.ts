import { defineConfig } from "vitest/config";

const everywhere = { environment: "node", restoreMocks: true } as const;

/** Rooms whose tests leave nothing behind in their process: it is shared by all their files, which saves a second for each. */
const shared = [
  "agent",
  "commands",
  "forge",
  "github",
  "journal",
  "kill",
  "queue",
  "report",
  "run",
  "telemetry",
  "tools",
].map((room) => `test/${room}/**/*.test.ts`);

// shared and unit: pure code, and single adapters. flows: stories through the whole app on real parts.
// contract: one suite held against several implementations, or against published schemas.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...everywhere,
          name: "shared",
          include: shared,
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...everywhere,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/flows/**", "test/contract/**", ...shared],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...everywhere,
          name: "flows",
          include: ["test/flows/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...everywhere,
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
