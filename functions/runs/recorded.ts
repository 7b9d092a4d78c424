import { idOf } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { Vault } from '../runtime/vault.ts';

/** Has the failure of this run been written down? */
export async function isRecorded(vault: Vault, suite: string, executionArn: string, started: Date): Promise<boolean> {
  const since = `${keys.failures(suite)}${idOf(new Date(started.getTime() - 60_000))}`;
  for await (const { key } of vault.list(keys.failures(suite), since)) {
    if ((await vault.getText(key))?.includes(JSON.stringify(executionArn))) return true;
  }
  return false;
}
