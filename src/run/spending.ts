/** What model calls used and cost, for one part of a run or for all of it. */
export interface Spending {
  calls: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  /** settled cost, and calls that were reserved and never settled because a worker died: those count in full */
  spent: number;
}

/** By part: phase and model, as in `step 2, attempt 1 · gpt-5`. */
export type SpendingByPart = Readonly<Record<string, Spending>>;

const nothing: Spending = { calls: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, spent: 0 };

export function addSpending(all: SpendingByPart, part: string, more: Partial<Spending>): SpendingByPart {
  return { ...all, [part]: sum(all[part] ?? nothing, { ...nothing, ...more }) };
}

/** All money and tokens of a run, and what calls under way hold on top. */
export function totalSpending(run: {
  spending: SpendingByPart;
  openCalls: Readonly<Record<string, number>>;
}): Spending & { reserved: number } {
  const total = Object.values(run.spending).reduce(sum, nothing);
  return { ...total, reserved: Object.values(run.openCalls).reduce((held, amount) => held + amount, 0) };
}

function sum(a: Spending, b: Spending): Spending {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    spent: a.spent + b.spent,
  };
}
