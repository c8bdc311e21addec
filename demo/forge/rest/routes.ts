import { createRouter, type Router } from "../router.ts";
import { actionsRoutes } from "./actions.ts";
import { appRoutes } from "./app.ts";
import { checkRoutes } from "./checks.ts";
import { commentRoutes } from "./comments.ts";
import { commitRoutes } from "./commits.ts";
import { gitDataRoutes } from "./git-data.ts";
import { gitRefRoutes } from "./git-refs.ts";
import { hookDeliveryRoutes } from "./hook-deliveries.ts";
import { issueRoutes } from "./issues.ts";
import { labelRoutes } from "./labels.ts";
import { mergeRoutes } from "./merge.ts";
import { pullPartRoutes } from "./pull-parts.ts";
import { pullRoutes } from "./pulls.ts";
import { reactionRoutes } from "./reactions.ts";
import { repositoryRoutes } from "./repositories.ts";
import { reviewCommentRoutes } from "./review-comments.ts";
import { reviewRoutes } from "./reviews.ts";
import { ruleRoutes } from "./rules.ts";
import { statusRoutes } from "./statuses.ts";
import { updateBranchRoutes } from "./update-branch.ts";
import { userRoutes } from "./users.ts";

/** Every route of the REST API. The first that fits wins: what hangs below a commit stands before the commit itself. */
export const createRestRouter = (): Router =>
  createRouter(
    {
      ...ruleRoutes,
      ...repositoryRoutes,
      ...commentRoutes,
      ...reactionRoutes,
      ...labelRoutes,
      ...issueRoutes,
      ...reviewCommentRoutes,
      ...reviewRoutes,
      ...mergeRoutes,
      ...updateBranchRoutes,
      ...pullPartRoutes,
      ...pullRoutes,
      ...gitDataRoutes,
      ...gitRefRoutes,
      ...checkRoutes,
      ...statusRoutes,
      ...actionsRoutes,
      ...commitRoutes,
    },
    { ...appRoutes, ...hookDeliveryRoutes, ...userRoutes },
  );
