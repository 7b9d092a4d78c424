import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { idOf, timeOf } from '../../functions/contract/ids.ts';
import { type Manifest, serializeManifest } from '../../functions/contract/manifest.ts';
import type { Proof } from '../../functions/contract/proof.ts';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { createHost } from '../support/host.ts';
import type { TestHost, Volume } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

let host: TestHost;
let uploads: Volume;
let suite: Suite;
let vault: TamperedVault;
/** Sealed and proven. */
let good: string;
/** Sealed, and unproven since a byte of it was changed. */
let damaged: string;
/** The id of no run, newer than both. */
let invented: string;
let planted: string[] = [];

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', { 'invoice.txt': '100 '.repeat(50) });
  const sources = { volumes: [{ name: 'uploads', volume: uploads.name }] };
  suite = await createSuite({ host, suite: { sources, retention: { minimumProven: 2 } } });
  damaged = (await provenBackup(suite)).point!.id;
  good = (await provenBackup(suite)).point!.id;
  invented = idOf(new Date(timeOf(good).getTime() + 1000));
  vault = await TamperedVault.open(suite.home);
  await vault.flipBit(await vault.key(new RegExp(`/${damaged}/volume-uploads\\.[a-z0-9]+\\.tar\\.zst$`)));
  expect((await suite.run('verify', damaged)).exitCode).toBe(5);
});
afterEach(async () => {
  for (const key of planted) await vault.delete(key);
  planted = [];
});
afterAll(() => host.remove());

const manifestKey = (id: string) => `${suite.name}/recovery-points/${id}.json`;
const proofKeyOf = async (id: string) => (await vault.keys()).findLast((key) => key.includes(`/proofs/${id}/`))!;
const newProofKey = (id: string) => `${suite.name}/proofs/${id}/${idOf(new Date())}-forged.passed.json`;
const readJson = async <Document>(key: string) => JSON.parse((await vault.read(key)).toString()) as Document;
const alerts = async () => (await alertsOf(suite.home)).map(({ subject }) => subject);

async function plant(key: string, bytes: Uint8Array | string, like: string): Promise<void> {
  planted.push(key);
  await vault.plant(key, Buffer.from(bytes), like);
}

/** A manifest of a point that nobody sealed, with a checksum that fits; `signature` as the edit leaves it. */
async function forgeManifest(edit: (manifest: Manifest) => void): Promise<void> {
  const { checksum: _, ...manifest } = await readJson<Manifest>(manifestKey(good));
  const forged = { ...manifest, id: invented } as Manifest;
  edit(forged);
  await plant(manifestKey(invented), serializeManifest(forged), manifestKey(good));
  await forgeProof(invented, () => {});
}

/** A proof by hand that says that a point is proven. */
async function forgeProof(point: string, edit: (proof: Proof) => void): Promise<void> {
  const like = await proofKeyOf(good);
  const key = newProofKey(point);
  const proof = { ...(await readJson<Proof>(like)), point, id: /([^/]+)\.passed/.exec(key)![1]! };
  edit(proof);
  await plant(key, JSON.stringify(proof), like);
}

/** Not in a list, not in a status, not to be restored from. */
async function countsAsNothing(id: string, reason: { name: string; message: RegExp }): Promise<void> {
  const { points } = (await succeed(suite, 'list')).json;
  const point = points.find((each) => each.id === id)!;
  expect(point).toMatchObject({ state: 'unproven', restorable: false, reason: { name: reason.name } });
  expect(point.reason!.message).toMatch(reason.message);
  expect(points.find((each) => each.id === good)).toMatchObject({ state: 'proven', restorable: true });
  expect((await succeed(suite, 'status')).json.newestProven).toMatchObject({ id: good });
  const shown = await suite.run('show', id, '--verify-signature');
  expect([shown.exitCode, shown.json.error?.name]).toEqual([5, 'SignatureInvalid']);
  expect(shown.json.error!.problems.map(({ path }) => path)).toEqual(planted);

  const told = await alerts();
  await writeFile(join(uploads.folder, 'invoice.txt'), 'changed since');
  const restore = await suite.run('restore', id, '--mode', 'files', '--confirm', suite.name);
  const refusals = { SignatureInvalid: [7, 'RestoreRefused'], ManifestInvalid: [5, 'ManifestInvalid'] };
  expect([restore.exitCode, restore.json.error?.name], restore.stderr).toEqual(refusals[reason.name as keyof typeof refusals]);
  const said = [restore.json.error!, ...(restore.json.plan?.problems ?? [])].map(({ message }) => message);
  expect(said.join(' ')).toMatch(reason.message);
  // Not even a safety point was made.
  expect(restore.json.safetyPoint).toBeNull();
  expect(await readFile(join(uploads.folder, 'invoice.txt'), 'utf8')).toBe('changed since');
  expect(await alerts()).toEqual(told);
}

/** A verification does not believe it either, and one alert tells it. */
async function verificationFails(id: string, name: string): Promise<void> {
  const told = (await alerts()).length;
  const { exitCode, json } = await suite.run('verify', id);
  expect([exitCode, json.error?.name, json.point?.state, json.point?.restorable]).toEqual([5, name, 'unproven', false]);
  expect((await alerts()).slice(told)).toEqual([expect.stringContaining(`verify failed: ${name} (${id})`)]);
  if (json.proof) planted.push(`${suite.name}/proofs/${id}/${json.proof.id}.failed.json`);
  expect(await host.leftovers()).toEqual([]);
}

describe('a manifest', () => {
  it('of another point under a key of its own is not believed, with the proof of that point beside it or not', async () => {
    await plant(manifestKey(invented), await vault.read(manifestKey(good)), manifestKey(good));
    const proof = await proofKeyOf(good);
    await plant(newProofKey(invented), await vault.read(proof), proof);
    await countsAsNothing(invented, { name: 'ManifestInvalid', message: /says it is \S+ \d{8}T\d{6}Z/ });
    await verificationFails(invented, 'ManifestInvalid');
  });

  it('whose checksum fits is not believed without its own signature, whatever its proof says', async () => {
    await forgeManifest(() => {});
    await countsAsNothing(invented, { name: 'SignatureInvalid', message: /manifest of \S+ is not what was signed/ });
    await verificationFails(invented, 'VerificationFailed');
  });

  it('without a signature is not believed, and takes no place among those that are held: it is told once, and an older one is held', async () => {
    await forgeManifest((manifest) => {
      manifest.signature = null;
    });
    const told = (await alerts()).length;
    const newest = (await provenBackup(suite)).point!.id;
    expect((await alerts()).slice(told)).toEqual([expect.stringContaining(`PointDamaged (${invented})`)]);
    const { points } = (await succeed(suite, 'list')).json;
    const held = points.filter(({ retention }) => retention?.hold === 'floor').map(({ id }) => id);
    expect(held).toEqual([newest, good]);
    await succeed(suite, 'verify', newest);
    expect((await alerts()).length).toBe(told + 1);
    good = newest;
    await countsAsNothing(invented, { name: 'SignatureInvalid', message: /manifest of \S+ has no signature/ });
  });
});

describe('a proof', () => {
  it('by hand proves nothing', async () => {
    await forgeProof(damaged, () => {});
    await countsAsNothing(damaged, { name: 'SignatureInvalid', message: /newest proof of \S+ is not what was signed/ });
    await verificationFails(damaged, 'VerificationFailed');
  });

  it('of another point proves nothing', async () => {
    const like = await proofKeyOf(good);
    await plant(newProofKey(damaged), await vault.read(like), like);
    await countsAsNothing(damaged, { name: 'SignatureInvalid', message: /newest proof of \S+ is proof \S+ of \S+ \d{8}T/ });
    await verificationFails(damaged, 'VerificationFailed');
  });
});
