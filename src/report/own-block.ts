const BEGIN = "<!-- fixpoint:begin -->";
const END = "<!-- fixpoint:end -->";

/** The part of a pull request's text that stays ours; whatever stands around it belongs to people, who may tick, add and take away. */
export function ownBlock(text: string): string {
  return `${BEGIN}\n\n${text}\n\n${END}`;
}

/**
 * A text as it stands, with our block in it brought up to what `wanted` says. Who has taken the block out does not want it, so then nothing
 * is changed. A `wanted` without a block is ours as a whole.
 */
export function withinText(current: string, wanted: string): string {
  const fresh = blockIn(wanted);
  if (!fresh) return wanted;
  const old = blockIn(current);
  return old
    ? current.slice(0, old.from) + wanted.slice(fresh.from, fresh.to) + current.slice(old.to)
    : current;
}

function blockIn(text: string): { from: number; to: number } | null {
  const from = text.indexOf(BEGIN);
  const to = from < 0 ? -1 : text.indexOf(END, from);
  return to < 0 ? null : { from, to: to + END.length };
}
