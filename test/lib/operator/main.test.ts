import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { idOf } from '../../../functions/contract/ids.ts';
import { keys } from '../../../functions/contract/keys.ts';
import { sampleEngine } from './sample-engine.ts';
import {
  failedProof,
  ID,
  manifestText,
  SUITE,
  sampleFailure,
  sampleLock,
  sampleManifest,
  sampleProof,
  sampleSource,
} from './samples.ts';

const PROOF = sampleProof().id;

test('an empty vault is an empty list, and every question has an answer', async () => {
  const engine = await sampleEngine();
  expect(await engine.command('list')).toMatchObject({
    exitCode: 0,
    json: { schema: 'suite-backup.list.v1', suite: SUITE, ok: true, exitCode: 0, error: null, points: [] },
  });
  expect((await engine.command('show', ['latest'])).json).toMatchObject({
    exitCode: 4,
    error: { name: 'NotFound' },
    point: null,
    artifacts: [],
  });
  const { json } = await engine.command('status');
  expect(json).toMatchObject({ ok: true, newest: null, newestProven: null, lastFailure: null, running: [], lock: null });
  expect(json.schedules).toEqual([
    { name: 'sample-daily', expression: 'cron(0 2 * * ? *)', timeZone: 'Etc/UTC', nextAt: expect.stringMatching(/T02:00:00Z$/) },
  ]);
});

test('a suite without a replica says so, and starts nothing', async () => {
  const engine = await sampleEngine();
  await engine.put(keys.manifest(SUITE, ID), manifestText({ id: ID }));
  expect((await engine.command('status')).json.replica).toBeNull();
  const mode = ['--mode', 'full'];
  for (const [verb, ...words] of [['verify'], ['restore', ...mode]] as const) {
    const { exitCode, json } = await engine.command(verb, [ID, ...words, '--from', 'replica']);
    expect([exitCode, json.error?.name]).toEqual([2, 'NoReplica']);
  }
});

test('a list holds every state, newest first, and one damaged manifest hides nothing', async () => {
  const engine = await sampleEngine();
  const [oldest, old, middle, recent, newest] = [1, 2, 3, 4, 5].map((day) => `2026112${day}T020000Z`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  await engine.putSigned(keys.manifest(SUITE, oldest), manifestText({ id: oldest }));
  await engine.putSigned(keys.proof(SUITE, oldest, PROOF, true), JSON.stringify(sampleProof({ point: oldest })));
  await engine.putSigned(keys.manifest(SUITE, old), manifestText({ id: old }));
  await engine.putSigned(keys.proof(SUITE, old, PROOF, false), JSON.stringify({ ...failedProof, point: old }));
  await engine.put(keys.manifest(SUITE, middle), '{ "schema": "suite-backup.manifest.v1"');
  await engine.put(keys.failure(SUITE, recent), JSON.stringify(sampleFailure({ id: recent })));
  await engine.put(keys.lock(SUITE), JSON.stringify(sampleLock({ id: newest })));
  const { json } = await engine.command('list');
  expect(json.points.map(({ id, state, restorable }) => [id, state, restorable])).toEqual([
    [newest, 'failed', false],
    [recent, 'failed', false],
    [middle, 'unproven', false],
    [old, 'unproven', false],
    [oldest, 'proven', true],
  ]);
  expect((await engine.command('list', ['--limit', '2'])).json.points).toHaveLength(2);
  expect((await engine.command('show', ['latest-proven'])).json.point.id).toBe(oldest);
  const status = (await engine.command('status')).json;
  expect(status).toMatchObject({
    newest: { id: newest },
    newestProven: { id: oldest },
    lastFailure: { id: recent, at: '2026-11-23T02:00:05Z', name: 'DumpFailed' },
    lock: { since: '2026-11-23T02:00:00Z' },
  });
});

test('show names every object with its place on this machine', async () => {
  const engine = await sampleEngine();
  const artifact = sampleSource().artifacts[0]!;
  const versionId = await engine.put(artifact.key, 'the bytes');
  const sources = [sampleSource({ artifacts: [{ ...artifact, versionId }] })];
  await engine.putSigned(keys.manifest(SUITE, ID), manifestText({ sources }));
  const { json, exitCode } = await engine.command('show', [ID]);
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({
    point: { id: ID, state: 'stored', restorable: true },
    manifest: { schema: 'suite-backup.manifest.v1', sources: sampleManifest({ sources }).sources },
    secretsKeptIn: ['a password manager'],
    proofs: [],
    artifacts: [{ source: 'uploads', kind: 'volume', state: 'captured', key: artifact.key, versionId }],
  });
  expect(readFileSync(json.artifacts[0]!.file!, 'utf8')).toBe('the bytes');
});

test('show --checksums prints what sha256sum --check reads, and leaves the document as it is', async () => {
  const engine = await sampleEngine();
  const artifact = sampleSource().artifacts[0]!;
  const absent = sampleSource({ name: 'gone', label: 'volume-gone', state: 'absent', artifacts: [] });
  await engine.putSigned(keys.manifest(SUITE, ID), manifestText({ sources: [sampleSource(), absent] }));
  expect(await engine.text('show', [ID, '--checksums'])).toMatchObject({
    exitCode: 0,
    stdout: `${artifact.sha256}  ${artifact.key}\n`,
  });
  expect((await engine.command('show', [ID, '--checksums'])).json).toEqual((await engine.command('show', [ID])).json);
});

test('a backup that is proven says so, with progress on stderr only', async () => {
  const engine = await sampleEngine();
  await engine.putSigned(
    keys.manifest(SUITE, ID),
    manifestText({ warnings: [{ name: 'ClockBehind', source: null, message: 'the clock is behind' }] }),
  );
  await engine.putSigned(keys.proof(SUITE, ID, PROOF, true), JSON.stringify(sampleProof()));
  const run = await engine.command('backup', ['--label', 'child']);
  expect(run.json).toMatchObject({
    schema: 'suite-backup.backup.v1',
    ok: true,
    outcome: 'proven',
    point: { id: ID, state: 'proven' },
    executionArn: expect.stringContaining(`:execution:${SUITE}-backup-backup:manual-`),
    warnings: [{ name: 'ClockBehind', source: null, message: 'the clock is behind' }],
  });
  expect(run.stderr).toContain('Run a command');
  expect(run.stderr).toMatch(/✓ volume-uploads/);
  expect((await engine.command('backup', ['--quiet'])).stderr).toBe('');
});

test('a run that says proven while the vault does not is no success', async () => {
  const engine = await sampleEngine();
  const { exitCode, json } = await engine.command('backup');
  expect([exitCode, json.ok, json.outcome, json.error?.name]).toEqual([5, false, 'unproven', 'VerificationFailed']);
});

test('a failed backup has the exit code and the sources of its error', async () => {
  const engine = await sampleEngine();
  await engine.put(keys.failure(SUITE, ID), JSON.stringify(sampleFailure()));
  const { exitCode, json } = await engine.command('backup', ['--label', 'fail']);
  expect(exitCode).toBe(3);
  expect(json).toMatchObject({
    outcome: 'failed',
    error: {
      name: 'DumpFailed',
      message: 'one source failed',
      problems: [{ path: 'database-app', value: 'DumpFailed', message: 'lost' }],
    },
    point: { id: ID, state: 'failed' },
  });
});

test('a backup that meets another run exits with 6', async () => {
  const engine = await sampleEngine();
  const { exitCode, json } = await engine.command('backup', ['--label', 'locked']);
  expect([exitCode, json.outcome, json.error?.name, json.point]).toEqual([6, 'locked', 'LockHeld', null]);
});

test('an interruption stops the run, and the document is still written', async () => {
  const engine = await sampleEngine();
  let seen: unknown;
  const { exitCode, json } = await engine.command('backup', ['--label', 'wait'], (line, interrupt) => {
    if (!line.includes('Wait for the interruption')) return;
    seen ??= engine.command('status').then(({ json }) => {
      interrupt();
      return json.running;
    });
  });
  expect([exitCode, json.outcome, json.error?.name]).toEqual([130, 'failed', 'Interrupted']);
  expect(await seen).toMatchObject([{ workflow: 'backup', executionArn: json.executionArn, step: 'Wait for the interruption' }]);
  expect((await engine.command('status')).json.running).toEqual([]);
});

test('verify shows the proof that its own run wrote', async () => {
  const engine = await sampleEngine();
  await engine.putSigned(keys.manifest(SUITE, ID), manifestText());
  await engine.putSigned(keys.proof(SUITE, ID, PROOF, true), JSON.stringify(sampleProof()));
  expect((await engine.command('verify', ['latest'])).json).toMatchObject({
    ok: true,
    point: { id: ID, state: 'proven' },
    proof: { id: PROOF, ok: true, restoreSeconds: 2.5, checks: [{ kind: 'files' }] },
  });
});

test('a failed verification exits with 5 and one problem per failed check', async () => {
  const engine = await sampleEngine();
  await engine.putSigned(keys.manifest(SUITE, ID), manifestText());
  await engine.putSigned(keys.proof(SUITE, ID, PROOF, false), JSON.stringify(failedProof));
  const { exitCode, json } = await engine.command('verify', [ID, '--accept-anomaly', 'x']);
  expect(exitCode).toBe(5);
  expect(json).toMatchObject({
    point: { state: 'unproven', restorable: false },
    proof: { ok: false },
    error: {
      name: 'VerificationFailed',
      problems: [{ path: 'volume-uploads', value: 'FilesMismatch', message: 'report.pdf has other bytes' }],
    },
  });
});

test.each(['20261101T000000Z', 'nonsense'])('%s is not found', async (id) => {
  const engine = await sampleEngine();
  expect((await engine.command('verify', [id])).json).toMatchObject({
    exitCode: 4,
    error: { name: 'NotFound' },
    point: null,
    proof: null,
  });
});

test('a point that was never stored cannot be verified', async () => {
  const engine = await sampleEngine();
  await engine.put(keys.failure(SUITE, ID), JSON.stringify(sampleFailure()));
  expect((await engine.command('verify', [ID])).json).toMatchObject({
    exitCode: 4,
    point: { id: ID, state: 'failed' },
    proof: null,
  });
});

test('without --json a person reads the answer on stdout and the error on stderr', async () => {
  const engine = await sampleEngine();
  await engine.put(keys.failure(SUITE, ID), JSON.stringify(sampleFailure()));
  const { exitCode, stdout, stderr } = await engine.text('backup', ['--label', 'fail']);
  expect(exitCode).toBe(3);
  expect(stdout).toContain(`✗ ${ID}  failed, not restorable`);
  expect(stderr).toContain('✗ DumpFailed: one source failed');
  expect(stderr).toContain('→ The dump did not come to its end');
  const missing = await engine.text('show', ['latest']);
  expect([missing.exitCode, missing.stdout]).toEqual([4, '']);
});

test('hundreds of points are listed within seconds', async () => {
  const engine = await sampleEngine();
  const ids = Array.from({ length: 300 }, (_, index) => idOf(new Date(Date.UTC(2026, 0, 1, index))));
  for (let from = 0; from < ids.length; from += 50) {
    await Promise.all(ids.slice(from, from + 50).map((id) => engine.putSigned(keys.manifest(SUITE, id), manifestText({ id }))));
  }
  const began = performance.now();
  const { json } = await engine.command('list');
  expect(json.points).toHaveLength(300);
  expect(performance.now() - began).toBeLessThan(15_000);
}, 120_000);
