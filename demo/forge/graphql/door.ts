import { type Answer, type Call, ok } from "../call.ts";
import { asFields, text } from "../fields.ts";
import { Refusal } from "../refusal.ts";
import { execute } from "./execute.ts";
import { createSchema } from "./schema.ts";

/** `POST /api/graphql`: errors of the query are told with status 200, only a missing token is refused by HTTP. */
export async function answerGraphql(call: Call): Promise<Answer> {
  if (call.actor.kind === "anonymous" || call.actor.kind === "app") {
    throw new Refusal(401, { message: "This endpoint requires you to be authenticated." });
  }
  const request = { query: text(call.body, "query"), variables: asFields(call.body["variables"]) };
  return ok(await execute(request, createSchema(call)));
}
