import { DEFAULT_PERMISSIONS } from "../../../demo/forge/defaults.ts";
import { install } from "../../../demo/forge/verbs/installation.ts";
import type { Happening } from "../../../demo/forge/world.ts";
import { nature as nobody } from "../clock.ts";
import { beginCi, endCi } from "../ports/scripted-ci.ts";
import type { Outside } from "./outside.ts";
import { events, issue, label } from "./story.ts";

/** What people and GitHub do by themselves, as data: it is part of every moment of the story. */
type Task =
  | { do: "install" }
  | { do: "ask" }
  | { do: "merge"; number: number }
  | { do: "begin_ci"; sha: string; branch: string }
  | { do: "end_ci"; sha: string }
  | { do: "deliver"; guid: string }
  /** nobody has answered this try within ten seconds: GitHub counts it as failed */
  | { do: "give_up"; guid: string; attempt: number };

export interface Planned {
  at: number;
  task: Task;
}

const after = { installMs: 100, askMs: 1_500, ciMs: 1_500, ciTakesMs: 4_000, reviewMs: 25_000 };
const network = { answerMs: 10_000, redeliverMs: 30_000 };

export interface Nature {
  /** robin installs the App, writes an issue and labels it */
  begin(): void;
  plan(ms: number, task: Task): void;
  /** takes up what was planned before this moment */
  goOn(): void;
  notice(happening: Happening): void;
  /** the receiver has answered this try of a delivery, or could not be reached */
  answered(guid: string, attempt: number, status: "accepted" | "failed"): void;
}

/** `send` hands a delivery to the receiver; false when nobody is there. */
export function createNature(outside: Outside, send: (guid: string, attempt: number) => boolean): Nature {
  const { clock, agenda } = outside;

  function schedule(planned: Planned): void {
    clock.after(planned.at - clock.now(), nobody, async () => {
      agenda.delete(planned);
      await perform(planned.task);
    });
  }

  function plan(ms: number, task: Task): void {
    const planned = { at: clock.now() + ms, task };
    agenda.add(planned);
    schedule(planned);
  }

  async function perform(task: Task): Promise<void> {
    const { repository } = outside.data;
    const { world, person } = outside.github;
    const robin = person(repository.owner.login);
    const place = [repository.owner.login, repository.name] as const;
    switch (task.do) {
      case "install":
        install(world, repository.owner, { permissions: DEFAULT_PERMISSIONS, events, repositories: "all" });
        return;
      case "ask": {
        const number = await robin.openIssue(...place, issue);
        return robin.label(...place, number, label);
      }
      case "merge":
        await robin.mergePull(...place, task.number);
        return;
      case "begin_ci":
        plan(after.ciTakesMs, { do: "end_ci", sha: task.sha });
        return beginCi(world, repository, task);
      case "end_ci":
        return endCi(world, repository, task.sha);
      case "deliver":
        return deliver(task.guid);
      case "give_up":
        return answered(task.guid, task.attempt, "failed");
      default:
        return task satisfies never;
    }
  }

  function deliver(guid: string): void {
    const delivery = deliveryOf(guid);
    delivery.attempts += 1;
    delivery.status = "pending";
    plan(network.answerMs, { do: "give_up", guid, attempt: delivery.attempts });
    if (!send(guid, delivery.attempts)) answered(guid, delivery.attempts, "failed");
  }

  function answered(guid: string, attempt: number, status: "accepted" | "failed"): void {
    const delivery = deliveryOf(guid);
    if (delivery.attempts !== attempt || delivery.status !== "pending") return;
    delivery.status = status;
    for (const planned of agenda) {
      const { task } = planned;
      if (task.do === "give_up" && task.guid === guid) agenda.delete(planned);
    }
    // GitHub repeats nothing by itself; this is whoever looks for what failed and asks for it again.
    if (status === "failed") plan(network.redeliverMs, { do: "deliver", guid });
  }

  function deliveryOf(guid: string) {
    const delivery = outside.data.deliveries.find((each) => each.guid === guid);
    if (!delivery) throw new Error(`There is no delivery ${guid}.`);
    return delivery;
  }

  return {
    begin() {
      plan(after.installMs, { do: "install" });
      plan(after.askMs, { do: "ask" });
    },
    plan,
    goOn: () => [...agenda].forEach(schedule),
    notice({ event, action, payload }) {
      if (event !== "pull_request" || action !== "ready_for_review") return;
      plan(after.reviewMs, { do: "merge", number: Number(payload["number"]) });
    },
    answered,
  };
}

export const ciStartsAfterMs = after.ciMs;
