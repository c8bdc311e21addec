import type { Answered, Request } from "../ports/memory-github.ts";
import type { Outside } from "./outside.ts";

/** Writes down what one process changes at GitHub: who held the run when the request left, and what the log said then. */
export function recordWrites(
  outside: Outside,
  process: string,
): (request: Request) => () => Promise<Answered> {
  return (request) => {
    const holder = holderNow(outside);
    const logged = outside.run()?.seq ?? 0;
    return async () => {
      const answered = await outside.github.answer(request);
      if (isWrite(request)) {
        const path = new URL(request.url).pathname.replace(/^\/api(\/v3)?/, "");
        const { method, body = "" } = request;
        const at = outside.clock.monotonic();
        outside.writes.push({ process, method, path, body, status: answered.status, at, holder, logged });
      }
      return answered;
    };
  };
}

/** Minting a token leaves nothing that anybody sees. */
function isWrite({ method, url, body }: Request): boolean {
  if (method === "GET" || url.endsWith("/access_tokens")) return false;
  return !url.endsWith("/graphql") || /"query"\s*:\s*"\s*mutation\b/.test(body ?? "");
}

function holderNow({ run, shelf, clock }: Outside): string | null {
  const now = run();
  const lease = now ? shelf.leases.get(now.id) : undefined;
  return lease && lease.until > clock.now() ? lease.token : null;
}
