import { NamedError } from '../contract/errors.ts';
import { keys } from '../contract/keys.ts';
import { type Manifest, parseManifest } from '../contract/manifest.ts';
import { isRestoreId, type JournalEntry, journalEntry, type RestorePlan, restorePlan } from '../contract/restore.ts';
import type { Vault } from '../runtime/vault.ts';

/** @throws NamedError NotFound or ManifestInvalid. */
export async function readPoint(vault: Vault, suite: string, id: string): Promise<Manifest> {
  const text = await vault.getText(keys.manifest(suite, id));
  if (text === undefined) throw new NamedError('NotFound', `There is no recovery point ${id}.`);
  return parseManifest(text, { suite, id });
}

/** @throws NamedError NotFound */
export async function readPlan(vault: Vault, suite: string, restoreId: string): Promise<RestorePlan> {
  const stored = isRestoreId(restoreId) ? await vault.getJson(keys.restorePlan(suite, restoreId)) : undefined;
  if (stored === undefined) throw new NamedError('NotFound', `There is no restore ${restoreId}.`);
  return restorePlan.parse(stored);
}

/** Everything that was written down about a restore, in the order of time. */
export async function readJournal(vault: Vault, suite: string, restoreId: string): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const { key } of vault.list(keys.restoreJournal(suite, restoreId))) {
    entries.push(journalEntry.parse(await vault.getJson(key)));
  }
  return entries;
}

/** `20261123T020000123Z`: keys that begin with it sort by time. */
export function stamp(time: Date): string {
  return time.toISOString().replace(/[-:.]/g, '');
}
