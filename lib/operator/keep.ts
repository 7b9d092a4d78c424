import { type ChangeOutcome, changeRetention } from './change-retention.ts';
import { OperatorError } from './operator-error.ts';
import type { Point } from './point.ts';
import { pointText } from './point-text.ts';
import { readPoint, resolvePoint } from './points.ts';
import type { Verb } from './verb.ts';

export interface KeepFields {
  outcome: ChangeOutcome;
  point: Point | null;
  executionArn: string | null;
}

const EMPTY: KeepFields = { outcome: 'failed', point: null, executionArn: null };

/** Holds a point until somebody says `unkeep`. */
export const keep: Verb<KeepFields> = keepVerb('keep');

/** Lets a point go in its own time again; when that is over already, at once, which must be confirmed. */
export const unkeep: Verb<KeepFields> = keepVerb('unkeep');

function keepVerb(action: 'keep' | 'unkeep'): Verb<KeepFields> {
  return {
    empty: EMPTY,

    async run(work, request, note) {
      const { connection } = work;
      const { suite } = connection.stack;
      const { id, index } = await resolvePoint(connection, request.id ?? 'latest');
      if (!index.manifests.has(id)) throw new OperatorError('NotFound', `Recovery point ${id} was never stored.`);
      if (action === 'unkeep' && request.confirm !== suite) {
        note({ outcome: 'refused', point: await readPoint(connection, id) });
        throw new OperatorError(
          'Refused',
          `${id} may go at once when it is not kept any more. To do that, add: --confirm ${suite}`,
        );
      }
      work.progress.line(`${action} ${id} of ${suite}`);
      const change = { action, ids: [id], why: request.why ?? 'no reason was given' };
      let executionArn: string | null = null;
      const { outcome, error } = await changeRetention(work, change, (arn) => {
        executionArn = arn;
        note({ executionArn });
      });
      note({ outcome });
      return { fields: { outcome, point: await readPoint(connection, id), executionArn }, error };
    },

    text: ({ point, outcome }, style) => (point !== null && outcome === 'changed' ? pointText(style, point) : ''),
  };
}
