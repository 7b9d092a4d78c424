import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ManifestSource, type StoredArtifact, serializeManifest } from '../../../functions/contract/manifest.ts';
import { encoded } from '../host-machine.ts';
import { type Handler, WithVault } from '../with-vault.ts';
import { type Place, TreeMachine } from './tree-machine.ts';

const VOLUME: Place = { kind: 'volume', volume: 'uploads' };
const LABEL = 'volume-uploads';
const ID = '20261123T020000Z';
const NOW = 'shop/artifacts/now.tar.zst';

const vault = WithVault.forThisFile();
let compareTree: Handler;
let machine: TreeMachine;
let folder: string;
beforeAll(async () => {
  compareTree = await vault.handler(import('../../../functions/restore/compare-tree.ts'));
  machine = await TreeMachine.start();
  folder = machine.anew('uploads');
  for (const name of ['a', 'b', 'c', 'sub']) writeFileSync(join(folder, name), name);
  machine.capture(VOLUME);
  await putPoint();
});
afterAll(() => machine.stop());

async function putPoint(): Promise<void> {
  const key = `shop/artifacts/${ID}/${LABEL}.a1.inventory.tar.zst`;
  const stored = readFileSync(join(machine.kept, 'point.inventory.tar.zst'));
  const inventory: StoredArtifact = {
    role: 'inventory',
    key,
    versionId: await vault.put(key, stored),
    bytes: stored.length,
    rawBytes: null,
    sha256: '0'.repeat(64),
    chunkBytes: 1,
    chunks: [],
    compression: 'zstd',
    encryption: 'none',
    seconds: 1,
  };
  const source: ManifestSource = {
    kind: 'volume',
    name: 'uploads',
    label: LABEL,
    declared: {},
    resolved: null,
    state: 'captured',
    reason: null,
    artifacts: [inventory],
    container: null,
    server: null,
    anomaly: null,
  };
  const time = '2026-11-23T02:00:00Z';
  const manifest = serializeManifest({
    schema: 'suite-backup.manifest.v1',
    id: ID,
    suite: 'shop',
    tier: 'daily',
    trigger: 'manual',
    label: null,
    scheduledFor: null,
    startedAt: time,
    finishedAt: time,
    host: { instanceId: 'i', docker: '1', kernel: '1', tools: {} },
    secretsKeptIn: [],
    previousId: null,
    sources: [source],
    warnings: [],
  });
  await vault.put(`shop/recovery-points/${ID}.json`, manifest);
}

/** Takes the inventory of the volume as it is now, and compares it. */
async function compare(paths: string[] = []) {
  machine.capture(VOLUME, 'now');
  await vault.put(NOW, readFileSync(join(machine.kept, 'now.inventory.tar.zst')));
  return compareTree({
    suite: 'shop',
    id: ID,
    label: LABEL,
    inventoryKey: NOW,
    paths: encoded(paths.map((path) => `${path}\0`).join('')),
  });
}

describe('what lies on the disk', () => {
  it('is the point when nothing differs', async () => {
    expect(await compare()).toEqual({ entries: 5 });
  });

  it('is named entry by entry when it is not', async () => {
    writeFileSync(join(folder, 'a'), 'A');
    writeFileSync(join(folder, 'new'), 'x');
    unlinkSync(join(folder, 'b'));
    await expect(compare()).rejects.toMatchObject({
      name: 'FilesMismatch',
      message: expect.stringMatching(/b is missing\..*a has another content\..*new is too many\./s),
    });
  });

  it('is held to what was chosen, and to nothing else', async () => {
    await expect(compare(['b'])).rejects.toMatchObject({ name: 'FilesMismatch' });
    for (const name of ['a', 'b', 'new', 'sub']) if (name !== 'b') unlinkSync(join(folder, name));
    expect(await compare(['c'])).toEqual({ entries: 1 });
  });
});
