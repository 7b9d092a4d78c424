import { OperatorError } from './operator-error.ts';
import { lockHeld, run } from './run.ts';
import type { Work } from './verb.ts';
import { whoAmI } from './who.ts';

export type ChangeOutcome = 'changed' | 'refused' | 'locked' | 'failed';

/** Has the workflow change how long points stay. A refusal, by the floor for one, is no failed run: nobody else is told. */
export async function changeRetention(
  work: Work,
  change: { action: 'keep' | 'unkeep' | 'prune'; ids: readonly string[]; why: string; confirm?: string | undefined },
  began: (executionArn: string) => void,
): Promise<{ outcome: ChangeOutcome; error: OperatorError | null }> {
  const input = { ...change, who: whoAmI(), confirm: change.confirm ?? null };
  const ended = await run(work, work.connection.stack.changeRetentionMachine, input, began);
  if (!ended.ok) return { outcome: 'failed', error: new OperatorError(ended.error, ended.cause.message, ended.cause.problems) };
  const { outcome, name, message } = ended.output;
  if (outcome === 'LockHeld') return { outcome: 'locked', error: lockHeld(ended.output) };
  if (outcome === 'Refused') return { outcome: 'refused', error: new OperatorError(name ?? 'Refused', message ?? '') };
  return { outcome: 'changed', error: null };
}
