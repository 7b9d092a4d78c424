import { beforeAll, beforeEach, expect, it } from 'vitest';
import { idOf } from '../../../functions/contract/ids.ts';
import { keys } from '../../../functions/contract/keys.ts';
import { type StoredArtifact, serializeManifest } from '../../../functions/contract/manifest.ts';
import { type Handler, WithVault } from '../with-vault.ts';
import { manifest } from './samples.ts';

const vault = WithVault.forThisFile();
const ROLES = ['dump', 'fingerprint', 'schema', 'plain-sql'] as const;
let thaw: Handler;
let count = 0;
/** In the vault; the manifest names all of them. */
let stored: Set<string>;

beforeAll(async () => {
  thaw = await vault.handler(import('../../../functions/restore/thaw-point.ts'));
});
beforeEach(() => {
  stored = new Set(ROLES);
});

async function ask(mode: string, bytes = 4): Promise<Record<string, unknown>> {
  const id = idOf(new Date(Date.UTC(2026, 0, 1, 0, 0, count++)));
  const { checksum: _, ...facts } = manifest();
  const database = facts.sources.find(({ kind }) => kind === 'database')!;
  const [like] = database.artifacts;
  const artifacts: StoredArtifact[] = [];
  for (const role of ROLES) {
    const key = `shop/artifacts/${id}/${role}`;
    const versionId = stored.has(role) ? await vault.put(key, 'four') : 'gone';
    artifacts.push({ ...like!, role, key, versionId, bytes });
  }
  const point = { ...facts, id, sources: [{ ...database, artifacts }] };
  await vault.put(keys.manifest('shop', id), serializeManifest(point));
  return thaw({ suite: 'shop', id, labels: [database.label], mode, tier: 'Standard' });
}

it('what is there in its size is waited for by nobody', async () => {
  expect(await ask('full')).toEqual({ waiting: 0, first: null });
});

it('what was lost since the plan ends the restore before anything is touched', async () => {
  stored.delete('dump');
  await expect(ask('database')).rejects.toThrow(/^Nothing was touched: \S+\/dump is not in the vault any more\.$/);
  stored.add('dump');
  await expect(ask('database', 5)).rejects.toThrow(/has 4 bytes; 5 were sealed/);
});

it('what this restore does not read may be gone', async () => {
  stored.delete('plain-sql');
  expect(await ask('tables')).toEqual({ waiting: 0, first: null });
  stored.delete('schema');
  expect(await ask('full')).toEqual({ waiting: 0, first: null });
  await expect(ask('tables')).rejects.toThrow(/schema is not in the vault/);
});
