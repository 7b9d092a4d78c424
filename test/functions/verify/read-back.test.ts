import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ManifestSource, type StoredArtifact, serializeManifest } from '../../../functions/contract/manifest.ts';
import { type Check, readBackParts } from '../../../functions/contract/proof.ts';
import { type Handler, WithVault } from '../with-vault.ts';

const CHUNK = 1000;
const LABEL = 'volume-uploads';

const vault = WithVault.forThisFile();
let readBack: Handler;
beforeAll(async () => {
  readBack = await vault.handler(import('../../../functions/verify/read-back.ts'));
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const content = Buffer.from(Array.from({ length: 2500 }, (_, index) => index % 251));
let points = 0;

/** A point with one artifact; the object holds `stored`, the manifest says what `edit` leaves. */
async function point({ stored = content, edit = {} }: { stored?: Buffer; edit?: Partial<StoredArtifact> } = {}) {
  const id = `20261123T02${String(points++).padStart(2, '0')}00Z`;
  const key = `shop/artifacts/${id}/${LABEL}.a1.tar.zst`;
  const versionId = await vault.put(key, stored);
  const artifact: StoredArtifact = {
    role: 'archive',
    key,
    versionId,
    bytes: content.length,
    rawBytes: null,
    sha256: sha256(content),
    chunkBytes: CHUNK,
    chunks: [0, 1, 2].map((chunk) => sha256(content.subarray(chunk * CHUNK, (chunk + 1) * CHUNK))),
    compression: 'zstd',
    encryption: 'none',
    seconds: 1,
    ...edit,
  };
  const source: ManifestSource = {
    kind: 'volume',
    name: 'uploads',
    label: LABEL,
    declared: {},
    resolved: null,
    state: 'captured',
    reason: null,
    artifacts: [artifact],
    container: null,
    server: null,
    anomaly: null,
  };
  const time = '2026-11-23T02:00:00Z';
  const manifest = serializeManifest({
    schema: 'suite-backup.manifest.v1',
    id,
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
  await vault.put(`shop/recovery-points/${id}.json`, manifest);
  return { id, key, source };
}

/** What the agent found in the parts of a point, or in these pieces of it. */
async function checksOf(
  { id, source }: Awaited<ReturnType<typeof point>>,
  pieces?: { artifact: number; from: number; to: number }[],
) {
  const parts = pieces ? [{ part: 0, pieces }] : readBackParts(source);
  for (const part of parts) await readBack({ suite: 'shop', id, proofId: 'proof', label: LABEL, part });
  const found = (await vault.keys()).filter((key) => key.includes(id) && /read-back-.*\.json$/.test(key));
  const checks = await Promise.all(found.map(async (key) => JSON.parse(await vault.text(key)).checks as Check[]));
  return checks.flat();
}

const bad = Buffer.from(content);
bad[1500]! ^= 1;

describe('stored bytes', () => {
  it('that are as they were sealed pass, whole and in pieces', async () => {
    expect(await checksOf(await point())).toEqual([
      expect.objectContaining({ ok: true, actual: { sha256: sha256(content), bytes: 2500 } }),
    ]);
    expect(await checksOf(await point(), [{ artifact: 0, from: 1, to: 3 }])).toEqual([expect.objectContaining({ ok: true })]);
  });

  it('are those of the sealed version, whatever was written over them later', async () => {
    const sealed = await point();
    await vault.put(sealed.key, bad);
    expect(await checksOf(sealed)).toEqual([expect.objectContaining({ ok: true })]);
  });

  it('with one bit flipped fail, with the place', async () => {
    const [check] = await checksOf(await point({ stored: bad }));
    expect(check).toMatchObject({
      ok: false,
      error: 'ArtifactChanged',
      message: expect.stringContaining('between byte 1000 and 1999'),
    });
  });

  it('with one bit flipped fail also when only their piece is read', async () => {
    const [check] = await checksOf(await point({ stored: bad }), [{ artifact: 0, from: 1, to: 2 }]);
    expect(check).toMatchObject({ ok: false, error: 'ArtifactChanged' });
  });

  it('that match a forged list of chunks fail against the hash of the whole', async () => {
    const chunks = [0, 1, 2].map((chunk) => sha256(bad.subarray(chunk * CHUNK, (chunk + 1) * CHUNK)));
    const [check] = await checksOf(await point({ stored: bad, edit: { chunks } }));
    expect(check).toMatchObject({ ok: false, error: 'ArtifactChanged', message: expect.stringContaining('another hash') });
  });

  it('of which the manifest lists no chunk are not proven by reading nothing', async () => {
    const [check] = await checksOf(await point({ edit: { chunks: [] } }));
    expect(check).toMatchObject({ ok: false });
  });

  it('that are gone are missing', async () => {
    const [check] = await checksOf(await point({ edit: { versionId: 'gone' } }));
    expect(check).toMatchObject({ ok: false, error: 'ArtifactMissing' });
  });
});
