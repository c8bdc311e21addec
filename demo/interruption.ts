/** Whoever started this has ended it with Ctrl-C or SIGTERM. */
class Interrupted extends Error {
  override name = "Interrupted";
}

/** As shells count it: 128 and SIGINT. */
const EXIT_CODE = 130;

/**
 * Does the work with a signal that aborts on Ctrl-C and SIGTERM, so that what was started is taken down first: Redis runs in a session of
 * its own, and a terminal's Ctrl-C does not reach it. Who presses again after a second is believed, and everything ends at once.
 */
export async function unlessInterrupted(
  work: (interrupted: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  let firstAt: number | null = null;
  const onSignal = () => {
    // npm and the shell may pass on the same Ctrl-C once more.
    if (firstAt !== null && Date.now() - firstAt > 1_000) process.exit(EXIT_CODE);
    if (firstAt !== null) return;
    firstAt = Date.now();
    console.error("\nInterrupted: stopping what was started.");
    controller.abort(new Interrupted("It was interrupted."));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return EXIT_CODE;
    throw error;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
