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
  if (found === undefined) throw new OperatorError('NotFound', `There is no restore ${restoreId}; status lists the newest.`);
  return restorePlan.parse(JSON.parse(found.text));
}

/** What was written down last about a restore; null before it came to any end. */
export async function lastOutcome(connection: Connection, restoreId: string): Promise<RestoreOutcome | null> {
  const vault = new Vault(connection);
  const key = (await vault.list(keys.restoreOutcomes(vault.suite, restoreId))).at(-1);
  const found = key === undefined ? undefined : await vault.read(key);
  return found === undefined ? null : restoreOutcome.parse(JSON.parse(found.text));
}

/** Is anything in its journal? Until then it has touched nothing of the suite. */
export async function wasBegun(connection: Connection, restoreId: string): Promise<boolean> {
  const vault = new Vault(connection);
  return (await vault.list(keys.restoreJournal(vault.suite, restoreId))).length > 0;
}

/** A restore that was begun, and what was written down last about it; `went-on`: nothing yet, it runs or was killed. */
export interface RestoreRow {
  restoreId: string;
  point: string;
  mode: string;
  at: string;
  outcome: RestoreOutcome['what'] | 'went-on';
  message: string | null;
  /** Does the old still lie where `restore --undo` finds it? It takes space until it is forgotten. */
  keepsOld: boolean;
}

const NEWEST_RESTORES = 5;

/** The newest restores that were begun, the newest first. */
export async function readRestores(connection: Connection): Promise<RestoreRow[]> {
  const ids = (await begunRestores(connection)).slice(0, NEWEST_RESTORES);
  return Promise.all(
    ids.map(async (restoreId) => {
      const [plan, last] = await Promise.all([readPlan(connection, restoreId), lastOutcome(connection, restoreId)]);
      return {
        restoreId,
        point: plan.point,
        mode: plan.mode,
        at: plan.at,
        outcome: last?.what ?? 'went-on',
        message: last?.message ?? null,
        keepsOld: last === null || (last.what === 'restored' && last.previous.length > 0),
      };
    }),
  );
}

/** Ids of all restores that were begun (a plan alone changed nothing), the newest first. */
async function begunRestores(connection: Connection): Promise<string[]> {
  const vault = new Vault(connection);
  const prefix = keys.restores(vault.suite);
  const parts = (await vault.list(prefix)).map((key) => key.slice(prefix.length).split('/'));
  return [...new Set(parts.filter(([, what]) => what === 'journal').map(([id]) => id!))].toReversed();
}

/**
 * The restore that is meant: by its id, else the newest that was begun and took something's place (what was written elsewhere did not).
 * @throws OperatorError NotFound
 */
export async function resolveRestore(connection: Connection, which: WhichRestore): Promise<string> {
  if (which !== true) return (await readPlan(connection, which)).restoreId;
  for (const id of await begunRestores(connection)) {
    const { items } = await readPlan(connection, id);
    if (items.some(({ swaps }) => swaps)) return id;
  }
  throw new OperatorError('NotFound', 'There was no restore yet that replaced anything.');
}
