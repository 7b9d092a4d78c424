import type { RestorePlan } from '../contract/restore.ts';

/** What of a recovery point a restore knowingly does not bring back: said by the plan as far as it is known then, and by the outcome. */
type Warnings = RestorePlan['warnings'];

/** Roles are never changed: what else refers to them may rely on what they are now. */
export function rolesDiffer(names: readonly string[]): Warnings {
  if (names.length === 0) return [];
  const message = `Roles that exist with other attributes, settings or memberships than in the point stay as they are: ${names.join(', ')}.`;
  return [{ name: 'RolesDiffer', message }];
}

export function subscriptionsDisabled(database: string, names: readonly string[]): Warnings {
  if (names.length === 0) return [];
  const message = `Subscriptions of "${database}" come back disabled, since the original may still replicate: ${names.join(', ')}.`;
  return [{ name: 'SubscriptionsDisabled', message }];
}

/** Names as quote_ident writes them, out of the text of `pg_dump --schema-only`. */
export function subscriptionsIn(schemaText: string): string[] {
  return [...schemaText.matchAll(/^CREATE SUBSCRIPTION ("(?:[^"]|"")*"|\S+) CONNECTION /gm)].map(([, name]) => name!);
}

export function ownersDropped(database: string): Warnings[0] {
  const message = `Owners and grants of "${database}" are not restored (ownership: 'drop'): all of it belongs to the user that restores it.`;
  return { name: 'OwnersDropped', message };
}
