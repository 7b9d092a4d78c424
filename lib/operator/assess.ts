import * as z from 'zod';
import { type AssessedSource, assessedSource } from '../../functions/contract/restore.ts';
import { OperatorError } from './operator-error.ts';
import type { Point } from './point.ts';
import { readPoint, resolvePoint } from './points.ts';
import { assessedText } from './restore-text.ts';
import { run } from './run.ts';
import type { Verb } from './verb.ts';

const assessed = z.looseObject({ sources: z.array(assessedSource) });

export interface AssessFields {
  point: Point | null;
  sources: AssessedSource[];
}

/** Which parts of the suite are not what they were at a recovery point: where a disaster plan begins. */
export const assess: Verb<AssessFields> = {
  empty: { point: null, sources: [] },

  async run(work, request, keep) {
    const { connection } = work;
    const { id } = await resolvePoint(connection, request.id ?? 'latest-proven');
    const point = await readPoint(connection, id);
    keep({ point });
    work.progress.line(`compare ${connection.stack.suite} with ${id}`);
    const ended = await run(work, connection.stack.assessMachine, { id }, () => {});
    if (!ended.ok) throw new OperatorError(ended.error, ended.cause.message, ended.cause.problems);
    const { sources } = assessed.parse(ended.output);
    const affected = sources.filter(({ state }) => state !== 'present');
    const problems = affected.map(({ kind, source, state, message }) => ({ path: `${kind}-${source}`, value: state, message }));
    const error =
      affected.length === 0
        ? null
        : new OperatorError(
            'SourcesDiffer',
            `${affected.length} of ${sources.length} sources are not what they were at ${id}.`,
            problems,
          );
    return { fields: { point, sources }, error };
  },

  text: ({ sources }, style) => assessedText(style, sources),
};
