import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from './backup-outcomes.ts';
import type { Suite } from './cli.ts';
import { type EncryptionMode, type ModeName, makeMode } from './encryption-modes.ts';
import type { TestHost } from './test-host.ts';

/** Keys of a mode in a folder of the host, where its own documents find the passphrase file. */
export async function modeOn(host: TestHost, mode: ModeName): Promise<EncryptionMode> {
  const folder = join(host.workspace, `keys-${mode}`);
  await mkdir(folder, { recursive: true });
  return makeMode(mode, folder);
}

/** Gives the suite's secrets these values, as an operator does; null leaves one as it is. */
export async function putKeys(suite: Suite, values: Pick<EncryptionMode, 'privateKey' | 'passphrase'>): Promise<void> {
  const folder = await mkdtemp(join(suite.host.workspace, 'values-'));
  for (const [text, flags] of [
    [values.privateKey, []],
    [values.passphrase, ['--passphrase']],
  ] as const) {
    if (text === null) continue;
    const file = join(folder, flags[0] ?? 'key');
    await writeFile(file, text, { mode: 0o600 });
    await succeed(suite, 'put-key', file, ...flags);
  }
}
