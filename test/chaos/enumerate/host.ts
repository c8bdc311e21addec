import { type Logger, pino } from "pino";
import { createPatientModel } from "../../../src/agent/patient-model.ts";
import { publicPrices } from "../../../src/agent/prices.ts";
import { promptsVersion } from "../../../src/agent/prompts.ts";
import { createCommandPerformer } from "../../../src/commands/perform-command.ts";
import { createGithub } from "../../../src/github/client.ts";
import { createCommandGithub } from "../../../src/github/command-github.ts";
import { createSweep } from "../../../src/queue/sweep.ts";
import { type SurveyDeps, surveyAllRepositories } from "../../../src/reconcile/survey-repositories.ts";
import { surveyActiveRuns } from "../../../src/reconcile/survey-runs.ts";
import { policyVersion } from "../../../src/run/policy.ts";
import { createRunner } from "../../../src/runner/advance.ts";
import { createWorkbenches } from "../../../src/runner/workbench.ts";
import { toolsVersion } from "../../../src/tools/index.ts";
import { translate } from "../../../src/webhooks/translate.ts";
import { isWanted } from "../../../src/webhooks/wanted-events.ts";
import type { Delivery } from "../ports/github-data.ts";
import { createMemoryBlobs } from "../ports/memory-blobs.ts";
import { createMemoryConsumers } from "../ports/memory-consumers.ts";
import { createMemoryEffectRecord } from "../ports/memory-effect-record.ts";
import { API_URL } from "../ports/memory-github.ts";
import { createMemoryJournal } from "../ports/memory-journal.ts";
import { createMemoryLeases } from "../ports/memory-leases.ts";
import { createMemoryOrdinals } from "../ports/memory-ordinals.ts";
import { createMemoryProducer } from "../ports/memory-producer.ts";
import { createMemorySandbox } from "../ports/memory-sandbox.ts";
import { createMemoryWorkspaces } from "../ports/memory-workspace.ts";
import { createScriptedModel } from "../ports/scripted-model.ts";
import type { Defect } from "./defects.ts";
import type { Outside } from "./outside.ts";
import type { Process } from "./process.ts";
import { secrets } from "./secrets.ts";
import { limitsOf } from "./setting.ts";
import { commands, gate as gateRules, label, model as modelName, script } from "./story.ts";

export interface Host {
  process: Process;
  /** takes a webhook as the web process does; resolves when it may be acknowledged */
  receive(delivery: Delivery): Promise<void>;
}

const silent: Logger = pino({ level: "silent" });

/** One machine with a web process and a worker: the product's own parts over the ports of this process. It begins to work at once. */
export async function startHost(
  outside: Outside,
  process: Process,
  { defect, log = silent }: { defect: Defect; log?: Logger | undefined },
): Promise<Host> {
  const { clock, shelf, jobs, data } = outside;
  const { gate } = process;
  const { now } = clock;
  const sound = createMemoryJournal({ shelf, now, gate });
  const journal = { ...sound, append: defect.append?.({ shelf, now, gate }) ?? sound.append };
  const blobs = createMemoryBlobs({ shelf, gate });
  const safe = createMemoryLeases({ shelf, worker: process.name, monotonic: clock.monotonic, gate });
  const leases = defect.leases?.(safe) ?? safe;
  const prices = defect.prices?.(publicPrices) ?? publicPrices;
  const limits = limitsOf(outside.setting);
  const producer = createMemoryProducer({ jobs, gate });
  const github = createGithub({
    appId: data.app.id,
    privateKey: data.app.privateKey,
    apiUrl: API_URL,
    markerKey: secrets.markerKey,
    log,
    now,
    sleep: clock.sleep,
    secrets: [secrets.modelKey],
  });
  const workspaces = createMemoryWorkspaces({ fetch: outside.fetch, gate });
  const sandbox = createMemorySandbox({ commands, workspaceAt: workspaces.at, gate });
  const scripted = createScriptedModel({ script, bill: outside.bill, now, gate });
  const runner = createRunner({
    journal,
    leases,
    blobs,
    github,
    model: createPatientModel({ model: scripted, sleep: clock.sleep, random: () => 0.5 }),
    models: { plan: modelName, execute: modelName, escalate: modelName },
    prices,
    workspaces,
    openWorkbench: createWorkbenches({ sandbox, sandboxProblem: null, cacheOf: () => "/cache", env: {} }),
    limits,
    twinsAfterMs: 120_000,
    gate: gateRules,
    registries: async () => ({ hosts: {}, npm: null }),
    registryHosts: [],
    sandboxName: "bwrap",
    hint: (runId, options) => producer.advance(runId, options),
    now,
    log,
  });
  const perform = createCommandPerformer({
    journal,
    advance: (runId) => producer.advance(runId),
    github: createCommandGithub(
      github,
      {
        open: (scope, check) => createMemoryEffectRecord({ shelf, gate }, scope, check),
        hold: (scope) => leases.take(scope),
      },
      now,
    ),
    // The one person of this story starts too little to have to wait.
    starts: { admit: () => gate({ port: "redis", what: "admit start" }, () => ({ verdict: "now" })) },
    config: { label, autonomy: "ready", limits, botIds: [] },
    versions: {
      prompts: promptsVersion,
      policy: policyVersion,
      prices: prices.version,
      tools: toolsVersion,
    },
    log,
  });
  const leaving = new AbortController();
  const consumers = createMemoryConsumers({
    jobs,
    name: process.name,
    gate,
    wake: (ms, work) => clock.after(ms, process, work),
    concurrency: 4,
    onCommand: perform,
    onAdvance: (runId, signal) => runner.advance(runId, AbortSignal.any([signal, leaving.signal])),
    log,
  });
  await consumers.ready();
  const sweep = createSweep({
    orphans: () => leases.orphans(),
    hint: (runId) => producer.advance(runId),
    monotonic: clock.monotonic,
    sleep: clock.sleep,
    log,
  });
  if (outside.setting.redis === "forgets") void reconcile();

  /** Its looks at the state of things. They ask unconditionally, so there are no notes. */
  async function reconcile(): Promise<void> {
    const deps: SurveyDeps = {
      github,
      journal,
      ordinals: createMemoryOrdinals({ shelf, gate }),
      notes: { read: async () => null, write: async () => {} },
      enqueue: producer.command,
      keep: blobs.put,
      label,
      graceMs: 5_000,
      now,
      counters: { add: () => {} },
      log,
    };
    while (!leaving.signal.aborted) {
      await clock.sleep(10_000);
      await surveyAllRepositories(deps);
      await surveyActiveRuns(deps);
    }
  }

  process.end = () => {
    leaving.abort();
    void sweep.stop().then(() => consumers.close({ withinMs: 25_000 }));
  };
  return {
    process,
    async receive({ guid, event, payload }) {
      if (!isWanted(event)) return;
      const rules = { appId: data.app.id, label, botIds: [] };
      const asked = translate({ id: guid, event, payload }, rules);
      if (asked.outcome !== "asked") return;
      if (asked.body !== null) await blobs.put(asked.body);
      for (const command of asked.commands) await producer.command(command);
    },
  };
}
