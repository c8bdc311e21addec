/** Something in a workflow file that this runner does not know. It fails the job, with this sentence in its log: never silently green. */
export class WorkflowProblem extends Error {}
