import { defineConfig } from "vitest/config";

const everywhere = { environment: "node", restoreMocks: true } as const;

/** Rooms that start nothing and touch nothing outside: their files share one process, which is three times as fast. */
const pure = ["agent", "commands", "kill", "report", "run", "telemetry"].map(
  (room) => `test/${room}/**/*.test.ts`,
);

// pure and unit: pure code, and single adapters. flows: stories through the whole app on real parts.
// contract: one suite held against several implementations, or against published schemas.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...everywhere,
          name: "pure",
          include: pure,
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...everywhere,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/flows/**", "test/contract/**", ...pure],
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
