import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keys } from '../../../functions/contract/keys.ts';
import { type SampleEngine, sampleEngine } from './sample-engine.ts';
import { failedProof, ID, manifestText, SUITE, sampleFailure, sampleProof } from './samples.ts';

const [FIRST, SECOND] = ['20261123T020010Z-aaaa', '20261123T030010Z-bbbb'];
const MANIFEST = keys.manifest(SUITE, ID);
const proofKey = (proofId: string, passed: boolean) => keys.proof(SUITE, ID, proofId, passed);
const verify = async (engine: SampleEngine, id = ID) => (await engine.command('show', [id, '--verify-signature'])).json;

/** A point that failed its first proof and passed its second. */
async function signedPoint(): Promise<SampleEngine> {
  const engine = await sampleEngine();
  await engine.putSigned(MANIFEST, manifestText());
  await engine.putSigned(proofKey(FIRST, false), JSON.stringify({ ...failedProof, id: FIRST }));
  await engine.putSigned(proofKey(SECOND, true), JSON.stringify(sampleProof({ id: SECOND })));
  return engine;
}

test('everything that was signed is named with its key, also without asking for it', async () => {
  const engine = await signedPoint();
  const { exitCode, json } = await engine.command('show', [ID, '--verify-signature']);
  expect([exitCode, json.error, json.point.state, json.point.restorable]).toEqual([0, null, 'proven', true]);
  expect(json.signatures!.documents).toEqual([
    { kind: 'manifest', key: MANIFEST, state: 'signed', message: 'is signed' },
    { kind: 'proof', key: proofKey(SECOND, true), state: 'signed', message: 'is signed' },
    { kind: 'proof', key: proofKey(FIRST, false), state: 'signed', message: 'is signed' },
  ]);
  const { arn, pem, sha256 } = json.signatures!.publicKey!;
  expect(arn).toBe(engine.key.arn);
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  expect(sha256).toBe(createHash('sha256').update(der).digest('hex'));
  expect((await engine.command('show', [ID])).json).toEqual(json);
  const { stdout } = await engine.text('show', [ID, '--verify-signature']);
  expect(stdout).toContain(`✓  manifest  ${ID}`);
  expect(stdout).toContain(`checked on this machine with ${arn}`);
  expect((await engine.text('show', [ID])).stdout).not.toContain('signatures');
});

test.each<[string, string, string, (engine: SampleEngine) => Promise<unknown>]>([
  [
    'a manifest that was changed with its checksum made anew',
    MANIFEST,
    'is not what was signed',
    async (engine) => {
      const { signature } = JSON.parse(await engine.putSigned(MANIFEST, manifestText()));
      await engine.put(MANIFEST, manifestText({ label: 'another', signature }));
    },
  ],
  [
    'a proof that says now that it passed',
    proofKey(SECOND, true),
    'is not what was signed',
    async (engine) => {
      const text = await engine.putSigned(proofKey(SECOND, true), JSON.stringify({ ...failedProof, id: SECOND }));
      await engine.put(proofKey(SECOND, true), text.replace('"ok":false,"reason"', '"ok":true,"reason"'));
    },
  ],
  [
    'a proof of another point',
    proofKey(SECOND, true),
    `is proof ${SECOND} of ${SUITE} 20261122T020000Z, which passed`,
    (engine) => engine.putSigned(proofKey(SECOND, true), JSON.stringify(sampleProof({ id: SECOND, point: '20261122T020000Z' }))),
  ],
  [
    'a proof of the same name and point of another suite',
    proofKey(SECOND, true),
    `is proof ${SECOND} of elsewhere ${ID}, which passed`,
    (engine) => engine.putSigned(proofKey(SECOND, true), JSON.stringify(sampleProof({ id: SECOND, suite: 'elsewhere' }))),
  ],
  [
    'an older proof under a newer name',
    proofKey(SECOND, true),
    `is proof ${FIRST} of ${SUITE} ${ID}, which passed`,
    (engine) => engine.putSigned(proofKey(SECOND, true), JSON.stringify(sampleProof({ id: FIRST }))),
  ],
  [
    'a manifest of another point',
    MANIFEST,
    expect.stringContaining('20261122T020000Z'),
    (engine) => engine.putSigned(MANIFEST, manifestText({ id: '20261122T020000Z' })),
  ],
])('%s is named, and the point counts as nothing', async (_, key, message, forge) => {
  const engine = await signedPoint();
  await forge(engine);
  const json = await verify(engine);
  expect([json.exitCode, json.error?.name]).toEqual([5, 'SignatureInvalid']);
  expect(json.error!.problems).toMatchObject([{ path: key, value: 'forged' }]);
  expect(json.signatures!.documents.filter(({ state }) => state !== 'signed')).toMatchObject([{ key, state: 'forged', message }]);
  expect(json.point).toMatchObject({ state: 'unproven', restorable: false });
  expect((await engine.command('list')).json.points).toEqual([json.point]);
  expect((await engine.command('status')).json).toMatchObject({ newest: json.point, newestProven: null });
  expect((await engine.command('show', ['latest-proven'])).json.error?.name).toBe('NotFound');
});

test('what was made before evidence was signed is called unsigned, and not believed either', async () => {
  const engine = await sampleEngine();
  await engine.put(MANIFEST, manifestText());
  await engine.put(proofKey(FIRST, true), JSON.stringify(sampleProof({ id: FIRST })));
  const { exitCode, stdout, stderr } = await engine.text('show', [ID, '--verify-signature']);
  expect(exitCode).toBe(5);
  expect(stdout).toMatch(/•\s+manifest\s+\S+\s+has no signature: it was made before evidence was signed, or by somebody/);
  expect(stderr).toContain('SignatureInvalid: 2 of 2 documents');
  expect((await engine.command('list')).json.points).toMatchObject([{ state: 'unproven', restorable: false }]);
});

test('while the key is disabled nothing counts as proven, everything is listed, and the error says why', async () => {
  const engine = await signedPoint();
  await engine.key.disable();
  const [list, status, newest] = [
    await engine.command('list'),
    await engine.command('status'),
    await engine.command('show', ['latest-proven']),
  ];
  expect([list.exitCode, list.json.error?.name]).toEqual([1, 'KeyUnusable']);
  expect(list.json.error!.message).toContain(engine.key.arn);
  expect(list.json.points).toMatchObject([{ id: ID, state: 'stored', restorable: false, reason: { name: 'KeyUnusable' } }]);
  expect([status.json.error?.name, status.json.newestProven]).toEqual(['KeyUnusable', null]);
  expect(newest.json.error?.name).toBe('KeyUnusable');
  const json = await verify(engine);
  expect([json.error?.name, json.signatures!.publicKey]).toEqual(['KeyUnusable', null]);
  expect(json.signatures!.documents.map(({ state }) => state)).toEqual(['unchecked', 'unchecked', 'unchecked']);
  await engine.key.enable();
  expect((await engine.command('list')).json.points).toMatchObject([{ state: 'proven', restorable: true }]);
});

test('a point that was never stored has no signatures', async () => {
  const engine = await sampleEngine();
  await engine.put(keys.failure(SUITE, ID), JSON.stringify(sampleFailure()));
  const json = await verify(engine);
  expect([json.exitCode, json.error?.name, json.signatures]).toEqual([4, 'NotFound', null]);
  expect(json.error!.message).toContain('nothing of it is signed');
});

test('a manifest can be checked by hand as the README says, with openssl', async () => {
  const engine = await signedPoint();
  const { json } = await engine.command('show', [ID]);
  const folder = mkdtempSync(join(tmpdir(), 'by-hand-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/```sh\n([^`]+)```/g)].map(([, block]) => block!);
  const [show, ...commands] = blocks.find((block) => block.includes('openssl dgst -sha256 -verify'))!.split('\n');
  expect(show).toMatch(/^npx suite-backup show latest-proven --json > point\.json/);
  const check = (point: object) => {
    writeFileSync(join(folder, 'point.json'), JSON.stringify(point, undefined, 2));
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
    const { status, stdout } = spawnSync('bash', ['-ec', commands.join('\n')], { cwd: folder, env, encoding: 'utf8' });
    return [status, stdout.trim()];
  };
  expect(check(json)).toEqual([0, 'Verified OK']);
  expect(check({ ...json, manifest: { ...json.manifest, label: 'another' } })).toEqual([1, 'Verification failure']);
});
