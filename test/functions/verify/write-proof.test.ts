import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Manifest,
  type ManifestSource,
  type StoredArtifact,
  serializeManifest,
} from '../../../functions/contract/manifest.ts';
import type { Check, Findings, Proof } from '../../../functions/contract/proof.ts';
import { type Handler, WithVault } from '../with-vault.ts';

const id = '20261123T020000Z';
const SQL_CHECK = { name: 'users', database: 'shop', sql: 'select 1', expect: { min: 1 } };
const CROSS_CHECK = { name: 'attachments', database: 'shop', sql: 'select 1', source: 'volume-uploads', severity: 'warning' };

/** The bytes are the same there: what counts is where the proof goes. */
const REPLICA = JSON.stringify({ bucket: 'vault', region: 'us-east-1' });
const vault = WithVault.forThisFile({ REPLICA });
let handler: Handler;
let proofs = 0;

beforeAll(async () => {
  handler = await vault.handler(import('../../../functions/verify/write-proof.ts'));
});

const artifact = (role: StoredArtifact['role']): StoredArtifact => ({
  role,
  key: `shop/artifacts/${id}/${role}`,
  bytes: 1,
  rawBytes: null,
  sha256: 'a'.repeat(64),
  chunkBytes: 16,
  chunks: ['a'.repeat(64)],
  compression: 'zstd',
  encryption: 'none',
  seconds: 1,
  versionId: 'v',
});
const source = (kind: ManifestSource['kind'], name: string, more: Partial<ManifestSource> = {}): ManifestSource => ({
  kind,
  name,
  label: `${kind}-${name}`,
  declared: {},
  resolved: null,
  state: 'captured',
  reason: null,
  artifacts: [artifact('dump')],
  container: null,
  server: null,
  anomaly: null,
  ...more,
});
const SOURCES = [
  source('database', 'shop'),
  source('globals', 'db'),
  source('volume', 'uploads'),
  source('database', 'twice', { declared: { plainSql: true } }),
  source('files', 'sealed', {
    artifacts: [{ ...artifact('archive'), key: `shop/artifacts/${id}/archive.tar.zst.age`, encryption: 'age' }],
  }),
];

/** What a proof of these sources and the one check of each kind must hold, written down here once more. */
const SECTIONS: [string, Check['kind'], string][] = [
  ['signature', 'signature', 'manifest'],
  ['object-database-shop', 'object', 'shop'],
  ['read-back-database-shop.0', 'read-back', 'shop'],
  ['archive-database-shop', 'archive', 'shop'],
  ['restore-database-shop', 'restore', 'shop'],
  ['table-database-shop', 'table', 'shop'],
  ['schema-database-shop', 'schema', 'shop'],
  ['sql-database-shop', 'sql', 'shop'],
  ['cross-database-shop', 'cross', 'shop'],
  ['object-globals-db', 'object', 'db'],
  ['read-back-globals-db.0', 'read-back', 'db'],
  ['restore-globals-db', 'restore', 'db'],
  ['object-volume-uploads', 'object', 'uploads'],
  ['read-back-volume-uploads.0', 'read-back', 'uploads'],
  ['files-volume-uploads', 'files', 'uploads'],
  ['object-database-twice', 'object', 'twice'],
  ['read-back-database-twice.0', 'read-back', 'twice'],
  ['archive-database-twice', 'archive', 'twice'],
  ['restore-database-twice', 'restore', 'twice'],
  ['table-database-twice', 'table', 'twice'],
  ['schema-database-twice', 'schema', 'twice'],
  ['plain-sql-restore-database-twice', 'restore', 'twice'],
  ['plain-sql-table-database-twice', 'restore', 'twice'],
  ['plain-sql-schema-database-twice', 'restore', 'twice'],
  ['object-files-sealed', 'object', 'sealed'],
  ['read-back-files-sealed.0', 'read-back', 'sealed'],
  ['key-files-sealed', 'archive', 'sealed'],
  ['files-files-sealed', 'files', 'sealed'],
];

const check = (kind: Check['kind'], of: string, more: Partial<Check> = {}): Check => ({
  kind,
  source: of,
  name: 'n',
  ok: true,
  severity: 'failure',
  expected: 1,
  actual: 1,
  message: 'the same',
  error: null,
  ...more,
});
const findings = (section: string, checks: Check[], more: Partial<Findings> = {}): Findings => ({
  schema: 'suite-backup.findings.v1',
  section,
  checks,
  restoreSeconds: null,
  server: null,
  ...more,
});

interface Case {
  sources?: ManifestSource[];
  acceptAnomaly?: { who: string; why: string };
  from?: 'replica';
  /** Changes the findings, by section; `null` takes one away, a text is stored as it is. */
  edit?: Record<string, Findings | string | null>;
}

/** Stores manifest and findings, runs the function, and gives what it answered and what it wrote. */
async function prove({ sources = SOURCES, acceptAnomaly, edit = {}, from }: Case = {}) {
  const proofId = `proof-${proofs++}`;
  const time = '2026-11-23T02:00:00Z';
  const host = { instanceId: 'i', docker: '1', kernel: '1', tools: {} };
  const facts = { tier: 'daily', trigger: 'manual', label: null, scheduledFor: null, startedAt: time, finishedAt: time } as const;
  const manifest: Omit<Manifest, 'checksum'> = {
    schema: 'suite-backup.manifest.v1',
    id,
    suite: 'shop',
    ...facts,
    host,
    secretsKeptIn: [],
    previousId: null,
    warnings: [],
    sources,
  };
  await vault.put(`shop/recovery-points/${id}.json`, serializeManifest(manifest));
  const storing = SECTIONS.map(async ([section, kind, of]) => {
    const stored = section in edit ? edit[section] : findings(section, [check(kind, of)]);
    const text = typeof stored === 'string' ? stored : JSON.stringify(stored);
    if (stored !== null) await vault.put(`shop/findings/${id}/${proofId}/${section}.json`, text);
  });
  await Promise.all(storing);
  const event = {
    suite: 'shop',
    id,
    proofId,
    startedAt: time,
    checks: [SQL_CHECK],
    crossChecks: [CROSS_CHECK],
    acceptAnomaly: acceptAnomaly ?? null,
    ...(from && { from }),
  };
  const run = () => handler(event);
  return { proofId, run };
}

/** Proofs by what follows their id in the key. */
async function written(proofId: string): Promise<Record<string, Proof>> {
  const keys = await vault.keys(`shop/proofs/${id}/${proofId}.`);
  const entries = keys.map(async (key) => [key.slice(key.indexOf('.') + 1), JSON.parse(await vault.text(key)) as Proof] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function proofOf(options: Case = {}): Promise<{ answer: unknown; verdict: string; proof: Proof }> {
  const { proofId, run } = await prove(options);
  const answer = await run();
  const entries = Object.entries(await written(proofId));
  expect(entries).toHaveLength(1);
  const [verdict, proof] = entries[0]!;
  return { answer, verdict, proof };
}

describe('a proof', () => {
  it('of the replica stands apart, says so, and is none of the vault', async () => {
    const { proofId, run } = await prove({ from: 'replica' });
    expect(await run()).toMatchObject({ ok: true });
    expect(await written(proofId)).toEqual({});
    const stored = JSON.parse(await vault.text(`shop/replica/proofs/${id}/${proofId}.passed.json`)) as Proof;
    expect(stored).toMatchObject({ ok: true, readFrom: 'replica' });
  });

  it('whose sections are all there and hold no failure is ok', async () => {
    const server = { version: '15.1', image: 'postgres:15' };
    const restored = findings('restore-database-shop', [check('restore', 'shop')], { restoreSeconds: 2.5, server });
    const unpacked = findings('files-volume-uploads', [check('files', 'uploads')], { restoreSeconds: 0.5 });
    const { answer, verdict, proof } = await proofOf({
      edit: { 'restore-database-shop': restored, 'files-volume-uploads': unpacked },
    });
    expect(verdict).toBe('passed.json');
    expect(proof).toMatchObject({
      ok: true,
      reason: null,
      restoreSeconds: 3,
      server,
      acceptedAnomaly: null,
      point: id,
      suite: 'shop',
    });
    expect(proof.checks.map(({ kind, source: of }) => [kind, of])).toEqual(
      expect.arrayContaining(SECTIONS.map(([, kind, of]) => [kind, of])),
    );
    expect(answer).toMatchObject({ ok: true, failed: 0, checks: SECTIONS.length });
  });

  it.each(SECTIONS)('without its section %s is not', async (section, kind, of) => {
    const { answer, verdict, proof } = await proofOf({ edit: { [section]: null } });
    expect(verdict).toBe('failed.json');
    expect(proof).toMatchObject({ ok: false, reason: { name: 'CheckNotRun', source: of } });
    expect(proof.checks.filter(({ ok }) => !ok)).toMatchObject([
      { kind, source: of, name: section, error: 'CheckNotRun', severity: 'failure' },
    ]);
    expect(answer).toMatchObject({ ok: false, failed: 1 });
  });

  it.each(SECTIONS)('with a failed check in %s is not', async (section, kind, of) => {
    const failed = check(kind, of, { ok: false, error: 'FingerprintMismatch', message: 'differs' });
    const { verdict, proof } = await proofOf({ edit: { [section]: findings(section, [check(kind, of), failed]) } });
    expect(verdict).toBe('failed.json');
    expect(proof).toMatchObject({ ok: false, reason: { name: 'FingerprintMismatch', message: 'differs', source: of } });
  });

  it('whose section holds no check, or something else than findings, is not', async () => {
    for (const stored of [findings('table-database-shop', []), '{}', 'null']) {
      const { verdict, proof } = await proofOf({ edit: { 'table-database-shop': stored } });
      expect([verdict, proof.reason?.name]).toEqual(['failed.json', 'CheckNotRun']);
    }
  });

  it('tells the failure that came first in time, not what could not be looked at because of it', async () => {
    const failed = check('restore', 'shop', { ok: false, error: 'RestoreFailed', message: 'pg_restore failed' });
    const edit = {
      'archive-database-shop': null,
      'restore-database-shop': findings('restore-database-shop', [failed]),
      'table-database-shop': null,
    };
    const { proof } = await proofOf({ edit });
    expect(proof.reason).toEqual({ name: 'RestoreFailed', message: 'pg_restore failed', source: 'shop' });
    expect(proof.checks.filter(({ ok }) => !ok)).toHaveLength(3);
  });

  it('tells damage before a key that is missing: the one can be put back', async () => {
    const locked = check('archive', 'sealed', { ok: false, error: 'KeyMissing', message: 'no key' });
    const changed = check('files', 'uploads', { ok: false, error: 'FilesMismatch', message: 'differs' });
    const edit = {
      'key-files-sealed': findings('key-files-sealed', [locked]),
      'files-files-sealed': findings('files-files-sealed', [{ ...locked, kind: 'files' }]),
    };
    expect((await proofOf({ edit })).proof.reason?.name).toBe('KeyMissing');
    const both = { ...edit, 'files-volume-uploads': findings('files-volume-uploads', [changed]) };
    expect((await proofOf({ edit: both })).proof.reason?.name).toBe('FilesMismatch');
  });

  it('with a warning only is ok, and keeps the warning', async () => {
    const warning = check('object', 'uploads', { ok: false, severity: 'warning', message: 'written again' });
    const { verdict, proof } = await proofOf({ edit: { 'object-volume-uploads': findings('object-volume-uploads', [warning]) } });
    expect(verdict).toBe('passed.json');
    expect(proof.checks).toContainEqual(warning);
  });

  it('asks nothing of a source that is absent', async () => {
    const absent = source('volume', 'more', {
      state: 'absent',
      artifacts: [],
      reason: { name: 'VolumeNotFound', message: 'gone' },
    });
    expect((await proofOf({ sources: [...SOURCES, absent] })).verdict).toBe('passed.json');
  });

  it('is not written when its findings cannot be read', async () => {
    const { proofId, run } = await prove({ edit: { 'table-database-shop': '{"checks":' } });
    await expect(run()).rejects.toMatchObject({ name: 'Unexpected' });
    expect(await written(proofId)).toEqual({});
  });

  it('is never replaced by a later one of the same name', async () => {
    const { proofId, run } = await prove({ edit: { 'table-database-shop': null } });
    await run();
    const before = await written(proofId);
    await run();
    expect(await written(proofId)).toEqual(before);
  });
});

describe('a source that shrank', () => {
  const anomaly = { previousId: '20261122T020000Z', previousBytes: 5_000_000, bytes: 100 };
  const sources = [...SOURCES.slice(0, 2), source('volume', 'uploads', { anomaly })];
  const acceptAnomaly = { who: 'anna@ship', why: 'cleaned up' };

  it('makes the proof fail with both sizes', async () => {
    const { verdict, proof } = await proofOf({ sources });
    expect(verdict).toBe('failed.json');
    expect(proof.reason).toMatchObject({
      name: 'Anomaly',
      source: 'uploads',
      message: expect.stringMatching(/from 5000000 bytes in 20261122T020000Z to 100/),
    });
  });

  it('does not once that is accepted, and the proof says who and why', async () => {
    const { verdict, proof } = await proofOf({ sources, acceptAnomaly });
    expect(verdict).toBe('passed.json');
    expect(proof.acceptedAnomaly).toEqual(acceptAnomaly);
    expect(proof.checks).toContainEqual(
      expect.objectContaining({
        name: 'size against the last proven point',
        ok: true,
        expected: { id: anomaly.previousId, bytes: 5_000_000 },
        actual: { bytes: 100 },
      }),
    );
  });

  it('and is accepted excuses nothing else', async () => {
    const { verdict, proof } = await proofOf({ sources, acceptAnomaly, edit: { 'files-volume-uploads': null } });
    expect([verdict, proof.reason?.name]).toEqual(['failed.json', 'CheckNotRun']);
  });
});
