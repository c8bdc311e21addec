import { z } from "zod";
import { type CheckRunFace, checkRunBody } from "./check-run.ts";
import { type EffectRecord, effect } from "./effect.ts";
import type { RepositoryGithub } from "./repository-github.ts";

const annotatedReceipt = z.object({ checkRunId: z.int(), annotated: z.literal(true) });
export type AnnotatedReceipt = z.infer<typeof annotatedReceipt>;

/** Shown beside the code. */
export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: "notice" | "warning" | "failure";
  message: string;
}

const MOST_ANNOTATIONS = 50;

/**
 * Marks lines of the code on a check run that has no marks yet, the first fifty. GitHub adds those of each further call to the ones that
 * are there (docs, "Update a check run"), so this happens once.
 */
export function annotateCheckRun(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: CheckRunFace & { opKey: string; checkRunId: number; annotations: readonly Annotation[] },
): Promise<AnnotatedReceipt> {
  const done = { checkRunId: wish.checkRunId, annotated: true } as const;
  const address = () => ({ ...repository.at(), check_run_id: wish.checkRunId });
  const annotations = wish.annotations.slice(0, MOST_ANNOTATIONS);
  return effect<AnnotatedReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: "check_run.annotate",
      args: { checkRunId: wish.checkRunId, annotations },
      receipt: annotatedReceipt,
      key: "marker",
      look: async () => {
        const { data } = await repository.octokit.rest.checks.get(address());
        return data.output.annotations_count > 0 ? done : null;
      },
      act: async () => {
        const { output, ...rest } = checkRunBody(repository, wish);
        await repository.octokit.rest.checks.update({
          ...address(),
          ...rest,
          output: { ...output, annotations: [...annotations] },
        });
        return done;
      },
    },
    repository.effects,
  );
}
