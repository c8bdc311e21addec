import { type Call, ok, param } from "../call.ts";
import type { Account } from "../records/account.ts";
import { notAccessible, notFound } from "../refusal.ts";
import type { PlainRoutes } from "../router.ts";
import { iso, shapeAccount } from "../shapes/basics.ts";
import { findAccount } from "../state.ts";

function shapeProfile(call: Call, account: Account) {
  return {
    ...shapeAccount(call.world, account),
    name: account.login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: iso(account.createdAt),
    updated_at: iso(account.createdAt),
  };
}

export const userRoutes: PlainRoutes = {
  "GET /users/:login": {
    who: "anyone",
    run: (call) => {
      const account = findAccount(call.world.state, param(call, "login"));
      if (account === null) throw notFound();
      return ok(shapeProfile(call, account));
    },
  },
  "GET /user": {
    who: "user",
    run: (call) => {
      // An installation is not a user.
      if (call.actor.kind !== "person") throw notAccessible();
      return ok(shapeProfile(call, call.actor.account));
    },
  },
};
