import { expect, it } from "vitest";
import { useRedis } from "../support/redis.ts";
import { firstRun, performing, repository, start, writer } from "./performing.ts";

const redis = useRedis();
const from = { deliveryId: "changed", installationId: repository.installationId, repository, actor: writer };

it("an issue that is transferred, or whose transfer is told twice, is told to its run once", async () => {
  const desk = performing(redis());
  await desk.perform(start);
  const transferred = { kind: "issue_changed", ...from, number: 7, change: "transferred" };
  await desk.perform(transferred);
  await desk.perform(transferred);
  await desk.perform({ ...transferred, number: 8 });
  expect(await desk.journal.inbox(firstRun)).toEqual([
    { deliveryId: "changed", command: "issue_transferred", actor: writer, step: null, why: null },
  ]);
});

it("a repository that is transferred within the installation is only looked at", async () => {
  const desk = performing(redis());
  await desk.perform(start);
  await desk.perform({ kind: "repository_changed", ...from, change: "transferred" });
  expect({ inbox: await desk.journal.inbox(firstRun), told: desk.told.slice(1) }).toEqual({
    inbox: [],
    told: [`advance ${firstRun}`],
  });
});

it("a repository that is transferred out of the installation is told to its runs, and to no others", async () => {
  const desk = performing(redis());
  await desk.perform(start);
  const elsewhere = { ...from, installationId: 999, repository: { ...repository, installationId: 999 } };
  await desk.perform({
    kind: "repository_changed",
    ...elsewhere,
    repository: { ...elsewhere.repository, id: 1 },
    change: "transferred",
  });
  expect(await desk.journal.inbox(firstRun)).toEqual([]);
  await desk.perform({ kind: "repository_changed", ...elsewhere, change: "transferred" });
  expect((await desk.journal.inbox(firstRun)).map(({ command }) => command)).toEqual([
    "repository_transferred",
  ]);
});
