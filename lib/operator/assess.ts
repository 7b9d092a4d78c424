import * as z from 'zod';
import { OperatorError } from './operator-error.ts';
import type { Point } from './point.ts';
import { readPoint, resolvePoint } from './points.ts';
import { run } from './run.ts';
import { mark, table } from './text.ts';
import type { Verb } from './verb.ts';

const assessed = z.looseObject({
  sources: z.array(
    z.looseObject({
      source: z.string(),
      kind: z.string(),
      state: z.enum(['present', 'missing', 'empty', 'differs']),
      message: z.string(),
    }),
  ),
});

export interface AssessFields {
  point: Point | null;
  sources: z.infer<typeof assessed>['sources'];
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

  text({ sources }, style) {
    const rows = sources.map(({ source, kind, state, message }) => [
      mark(style, state === 'present' ? 'good' : 'bad'),
      `${kind} ${source}`,
      state,
      message,
    ]);
    return rows.length === 0 ? '' : table(style, ['', 'source', 'state', ''], rows);
  },
};
