import { ok, param, type RepositoryCall } from "../call.ts";
import { page } from "../paging.ts";
import { Refusal } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { iso } from "../shapes/basics.ts";

/** Classic protection is seen by administrators only, and a branch without it is a 404. */
function protection(call: RepositoryCall) {
  const rules = call.repository.protection.get(param(call, "branch"));
  if (rules === undefined) throw new Refusal(404, { message: "Branch not protected" });
  return ok({ url: `${call.world.api}${call.path}`, ...rules });
}

/** The rules of all rulesets that hold for a branch: everyone who can read may ask. */
function rulesForBranch(call: RepositoryCall) {
  const branch = param(call, "branch");
  const rules = call.repository.rulesets
    .filter((ruleset) => branch.startsWith(ruleset.prefix))
    .flatMap((ruleset) =>
      ruleset.rules.map((rule) => ({
        ...rule,
        ruleset_source_type: "Repository",
        ruleset_source: `${call.repository.owner.login}/${call.repository.name}`,
        ruleset_id: ruleset.id,
      })),
    );
  return page(call, rules, (rule) => rule);
}

const listRulesets = (call: RepositoryCall) =>
  page(call, call.repository.rulesets, (ruleset) => ({
    id: ruleset.id,
    name: `rules for ${ruleset.prefix}*`,
    target: "branch",
    source_type: "Repository",
    source: `${call.repository.owner.login}/${call.repository.name}`,
    enforcement: "active",
    node_id: `RRS_${ruleset.id}`,
    _links: {},
    created_at: iso(call.repository.createdAt),
    updated_at: iso(call.repository.createdAt),
  }));

const metadata = { needs: "metadata:read", role: "anyone" } as const;

export const ruleRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/branches/:branch/protection": {
    needs: "administration:read",
    role: "admin",
    run: protection,
  },
  "GET /repos/:owner/:repo/rules/branches/:branch": { ...metadata, run: rulesForBranch },
  "GET /repos/:owner/:repo/rulesets": { ...metadata, run: listRulesets },
};
