import { type ChangeOutcome, changeRetention } from './change-retention.ts';
import { OperatorError } from './operator-error.ts';
import { type PlannedPoint, readRetentionPlan } from './retention-plan.ts';
import { ageText, mark, paint, type Style, table } from './text.ts';
import type { Request, Verb, Work } from './verb.ts';

export interface PruneFields {
  outcome: ChangeOutcome | 'planned' | 'pruned';
  /** What will go by itself, soonest first; then what stays, newest first. */
  plan: PlannedPoint[];
  /** What is, or would be, given up before its time. */
  givesUp: PlannedPoint[];
  executionArn: string | null;
}

const EMPTY: PruneFields = { outcome: 'failed', plan: [], givesUp: [], executionArn: null };

/** Shows which points go when and why; with ids it gives points up before their time. */
export const prune: Verb<PruneFields> = {
  empty: EMPTY,

  async run(work, request, keep) {
    const { plan } = await readRetentionPlan(work.connection, new Date());
    const fields: PruneFields = { ...EMPTY, plan: [...plan].sort(soonestFirst) };
    const ids = [...new Set(request.ids ?? [])];
    if (ids.length === 0) return { fields: { ...fields, outcome: 'planned' }, error: null };
    keep({ ...fields, outcome: 'refused' });
    fields.givesUp = ids.map((id) => plan.find((point) => point.id === id) ?? notThere(id));
    keep({ ...fields, outcome: 'refused' });
    if (request.dryRun) return { fields: { ...fields, outcome: 'planned' }, error: refusal(fields.givesUp) };
    return giveUp(work, request, fields, keep);
  },

  text({ plan, givesUp, outcome }, style) {
    if (outcome === 'pruned') return `${mark(style, 'good')} given up: ${givesUp.map(({ id }) => id).join(', ')}`;
    return givesUp.length > 0 ? givesUpText(style, givesUp) : planText(style, plan);
  },
};

async function giveUp(work: Work, request: Request, fields: PruneFields, keep: (known: Partial<PruneFields>) => void) {
  const { suite } = work.connection.stack;
  const held = refusal(fields.givesUp);
  if (held) return { fields: { ...fields, outcome: 'refused' as const }, error: held };
  if (request.confirm !== suite) {
    const error = new OperatorError(
      'Refused',
      `Nothing was given up. To give these points up before their time, add: --confirm ${suite}`,
    );
    return { fields: { ...fields, outcome: 'refused' as const }, error };
  }
  const ids = fields.givesUp.map(({ id }) => id);
  work.progress.line(`give up ${ids.length === 1 ? ids[0] : `${ids.length} points`} of ${suite}`);
  let executionArn: string | null = null;
  const change = { action: 'prune', ids, why: request.why ?? 'no reason was given', confirm: request.confirm } as const;
  const { outcome, error } = await changeRetention(work, change, (arn) => {
    executionArn = arn;
    keep({ executionArn });
  });
  return { fields: { ...fields, executionArn, outcome: outcome === 'changed' ? ('pruned' as const) : outcome }, error };
}

/** The workflow decides; but what is known already need not begin a run. */
function refusal(points: readonly PlannedPoint[]): OperatorError | null {
  const floor = points.filter(({ hold }) => hold === 'floor');
  if (floor.length > 0) {
    const named = floor.map(({ id, why }) => `${id} is ${why}`).join(', ');
    return new OperatorError('FloorReached', `Nothing was given up: ${named}.`);
  }
  const kept = points.filter(({ hold }) => hold === 'kept').map(({ id }) => id);
  return kept.length > 0
    ? new OperatorError('Refused', `Nothing was given up: ${kept.join(', ')} is kept; unkeep it first.`)
    : null;
}

function notThere(id: string): never {
  throw new OperatorError('NotFound', `There is no recovery point ${id} whose time has not come.`);
}

function soonestFirst(one: PlannedPoint, other: PlannedPoint): number {
  if (one.leavesAt !== other.leavesAt) return (one.leavesAt ?? '~') < (other.leavesAt ?? '~') ? -1 : 1;
  return one.id < other.id ? 1 : -1;
}

function planText(style: Style, plan: readonly PlannedPoint[]): string {
  if (plan.length === 0) return 'There is no recovery point yet.';
  const going = plan.filter(({ leavesAt }) => leavesAt !== null);
  const staying = plan.filter(({ leavesAt }) => leavesAt === null);
  const days = Map.groupBy(going, ({ leavesAt }) => leavesAt!.slice(0, 10));
  const rows = [...days].flatMap(([day, points]) =>
    points.map(({ id, why, leavesAt, proven }, index) => [
      index === 0 ? day : '',
      index === 0 ? ageText(style, leavesAt!) : '',
      id,
      proven ? 'proven' : 'not proven',
      why,
    ]),
  );
  const title = (text: string) => paint(style, 'bold', text);
  return [
    ...(rows.length > 0
      ? [title('goes, if nothing else happens (at midnight UTC)'), table(style, ['day', '', 'id', '', 'kept as'], rows)]
      : []),
    ...(staying.length > 0
      ? [
          title('stays'),
          table(
            style,
            ['id', 'because it is', 'else it would go'],
            staying.map(({ id, why, otherwise, hold }) => [id, why, hold === 'tier' ? '' : (otherwise ?? 'never').slice(0, 10)]),
          ),
        ]
      : []),
  ].join('\n');
}

function givesUpText(style: Style, points: readonly PlannedPoint[]): string {
  const rows = points.map(({ id, why, leavesAt, charged }) => [
    id,
    why,
    leavesAt === null ? 'never' : leavesAt.slice(0, 10),
    charged === null ? '' : `${charged.days} days of ${charged.storageClass} are charged all the same`,
  ]);
  return table(style, ['gives up', 'kept as', 'would go', ''], rows);
}
