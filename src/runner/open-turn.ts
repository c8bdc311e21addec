import { AskPerson, LeaseLost, TryLater } from "../errors.ts";
import { gitRemote } from "../github/facts/repository.ts";
import type { Lease } from "../journal/journal.ts";
import { contentsOf } from "../run/contents.ts";
import type { NewEvent, RunEvent } from "../run/events.ts";
import { evolve, foldRun } from "../run/evolve.ts";
import { groundOf } from "../run/ground.ts";
import { withdrawalNames } from "../run/lifecycle.ts";
import type { Run } from "../run/run.ts";
import { isEnded } from "../run/status.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { RunnerDeps, Turn, Workbench } from "./turn.ts";

export async function openTurn(deps: RunnerDeps, lease: Lease, leaving: AbortSignal): Promise<Turn> {
  const events: RunEvent[] = [...(await deps.journal.read(lease.runId))];
  let run = foldRun(events);
  let announced = false;
  let bench: { sha: string; opened: Promise<Workbench> } | null = null;
  let checkout: { sha: string; opened: Promise<Workspace> } | null = null;
  const closeCheckout = async () => {
    const open = await checkout?.opened.catch(() => null);
    await open?.dispose().catch((error) => deps.log.warn({ error, run: run.id }, "workspace left behind"));
  };
  const stop = watchForStop(deps, lease);

  const append = async (event: NewEvent): Promise<void> => {
    const entry = await deps.journal.append(
      lease,
      { seq: run.seq, hash: run.head },
      event,
      contentsOf(event),
    );
    events.push(entry);
    run = evolve(run, entry);
  };

  // Appends of tool calls that run side by side queue up here, so that each builds on the one before.
  let last: Promise<void> = Promise.resolve();
  const record = (event: NewEvent): Promise<void> => {
    const next = last.then(async () => {
      if (!announced) {
        announced = true;
        await append({ kind: "lease.taken", data: { worker: lease.worker, epoch: lease.epoch } });
      }
      await append(event);
    });
    last = next.catch(() => undefined);
    return next;
  };

  const github = deps.github.repository(run.request.repository, "work", () => lease.check());
  const turn: Turn = {
    deps,
    lease,
    github,
    signal: AbortSignal.any([lease.signal, stop.signal]),
    effects: {
      receiptOf: (opKey) => {
        const effect = run.effects[opKey];
        return effect?.status === "done" ? effect.receipt : null;
      },
      wasIntended: (opKey) => run.effects[opKey] !== undefined,
      intend: (entry) => record({ kind: "effect.intended", data: entry }),
      done: (entry) => record({ kind: "effect.done", data: entry }),
      check: () => {
        lease.check();
        stop.check(run);
      },
    },
    run: () => run,
    events: () => events,
    record,
    workspace: (at) => {
      if (checkout?.sha === at.sha) return checkout.opened;
      const closed = closeCheckout();
      checkout = { sha: at.sha, opened: closed.then(() => openCheckout(turn, at)) };
      return checkout.opened;
    },
    workbench: () => {
      const sha = groundOf(run)?.sha ?? "";
      if (bench?.sha !== sha) bench = { sha, opened: deps.openWorkbench(turn) };
      return bench.opened;
    },
    mayContinue: () => {
      lease.check();
      if (leaving.aborted) throw new TryLater("This worker is going down and hands the run over.", 0);
    },
    giveBack: async (because) => {
      if (!announced || lease.signal.aborted) return;
      await record({ kind: "lease.given_back", data: { because } }).catch(() => undefined);
    },
    close: async () => {
      stop.end();
      await closeCheckout();
    },
  };
  return turn;
}

async function openCheckout(turn: Turn, base: { branch: string; sha: string }): Promise<Workspace> {
  const { id, request } = turn.run();
  const { installationId, id: repositoryId } = request.repository;
  const remote = await gitRemote(turn.github);
  return turn.deps.workspaces.open({ runId: id, remote, installationId, repositoryId, ...base });
}

const endsWork: ReadonlySet<string> = new Set([
  "stop",
  "pull_closed",
  "pull_merged",
  "suspended",
  ...withdrawalNames,
]);

/**
 * Looks into the run's inbox each second, so that `/agent stop` ends even a long model call or test at once, and keeps the next write
 * from being made. Once what was asked is in the log, it is the log that says what may be written.
 */
function watchForStop(deps: RunnerDeps, lease: Lease) {
  const controller = new AbortController();
  let heard: readonly string[] = [];
  const timer = setInterval(() => {
    deps.journal
      .inbox(lease.runId)
      .then((entries) => {
        const ends = entries.filter((entry) => endsWork.has(entry.command));
        if (ends.length === 0) return;
        heard = ends.map((entry) => entry.deliveryId);
        controller.abort(new Error("Somebody asked to stop."));
      })
      .catch(() => undefined); // Redis is away: the lease will say so
  }, 1_000);
  timer.unref();
  return {
    signal: controller.signal,
    /** throws while a wish to stop is heard and not in the log yet */
    check(run: Run) {
      const taken = run.commands.map((command) => command.deliveryId);
      if (!isEnded(run.status) && heard.some((id) => !taken.includes(id))) throw controller.signal.reason;
    },
    end: () => clearInterval(timer),
  };
}

/** What the loop does with an error of a phase. */
export type Setback =
  | { kind: "hand_back"; error: LeaseLost | TryLater }
  | { kind: "ask"; error: AskPerson }
  | { kind: "stopped" }
  | { kind: "defect"; error: unknown };

export function classifySetback(error: unknown, turn: Turn): Setback {
  if (error instanceof LeaseLost || error instanceof TryLater) return { kind: "hand_back", error };
  if (turn.lease.signal.aborted)
    return { kind: "hand_back", error: new LeaseLost("The lease ran out.", { cause: error }) };
  // Once the stop is in the log it is no reason any more: what fails then, fails for another.
  if (turn.signal.aborted && !isEnded(turn.run().status)) return { kind: "stopped" };
  if (error instanceof AskPerson) return { kind: "ask", error };
  return { kind: "defect", error };
}
