import { keys } from '../../functions/contract/keys.ts';
import {
  isRestoreId,
  type RestoreOutcome,
  type RestorePlan,
  restoreOutcome,
  restorePlan,
} from '../../functions/contract/restore.ts';
import type { Connection } from './connection.ts';
import { OperatorError } from './operator-error.ts';
import { Vault } from './vault.ts';
import type { WhichRestore } from './verb.ts';

/** What the plan says to whoever reads it: without the parameters of the host's commands. */
export type ShownPlan = Omit<RestorePlan, 'items' | 'schema' | 'suite' | 'manifestChecksum'> & {
  items: Omit<RestorePlan['items'][0], 'host' | 'swaps'>[];
};

export function shownPlan({
  items,
  schema: _schema,
  suite: _suite,
  manifestChecksum: _checksum,
  ...plan
}: RestorePlan): ShownPlan {
  return { ...plan, items: items.map(({ host: _host, swaps: _swaps, ...item }) => item) };
}

/** @throws OperatorError NotFound */
export async function readPlan(connection: Connection, restoreId: string): Promise<RestorePlan> {
  const vault = new Vault(connection);
  const found = isRestoreId(restoreId) ? await vault.read(keys.restorePlan(vault.suite, restoreId)) : undefined;
  if (found === undefined) throw new OperatorError('NotFound', `There is no restore ${restoreId}.`);
  return restorePlan.parse(JSON.parse(found.text));
}

/** What was written down last about a restore; null before it came to any end. */
export async function lastOutcome(connection: Connection, restoreId: string): Promise<RestoreOutcome | null> {
  const vault = new Vault(connection);
  const key = (await vault.list(keys.restoreOutcomes(vault.suite, restoreId))).at(-1);
  const found = key === undefined ? undefined : await vault.read(key);
  return found === undefined ? null : restoreOutcome.parse(JSON.parse(found.text));
}

/**
 * The restore that is meant: by its id, else the newest that was begun (a plan alone changed nothing).
 * @throws OperatorError NotFound
 */
export async function resolveRestore(connection: Connection, which: WhichRestore): Promise<string> {
  if (which !== true) return which;
  const vault = new Vault(connection);
  const prefix = keys.restores(vault.suite);
  const begun = (await vault.list(prefix)).filter((key) => key.slice(prefix.length).split('/')[1] === 'journal');
  const newest = begun.at(-1)?.slice(prefix.length).split('/')[0];
  if (newest === undefined) throw new OperatorError('NotFound', 'There was no restore yet.');
  return newest;
}
