import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { Forgery } from '../support/forgery.ts';
import { createHost } from '../support/host.ts';
import type { TestHost } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

const NAMES = ['uploads', 'exports'] as const;
type Name = (typeof NAMES)[number];

let host: TestHost;
let suite: Suite;
let vault: TamperedVault;
let id: string;

beforeAll(async () => {
  host = await createHost();
  const volumes = [];
  for (const name of NAMES) {
    const volume = await host.volume(name, { 'invoice.txt': `${name} ${'100 '.repeat(50)}` });
    volumes.push({ name, volume: volume.name });
  }
  suite = await createSuite({ host, suite: { sources: { volumes } } });
  const { json } = await suite.run('backup');
  expect(json.outcome).toBe('proven');
  id = json.point!.id;
  vault = await TamperedVault.open(suite.home);
});
afterAll(() => host.remove());

const archiveOf = (name: Name) => vault.key(new RegExp(`/${id}/volume-${name}\\.[a-z0-9]+\\.tar\\.zst$`));

async function listed() {
  return (await suite.run('list')).json.points.find((point) => point.id === id)!;
}

/** Verifies the point, which must fail and be told once; gives its proof, which must lie in the vault. */
async function failedProof() {
  const before = (await alertsOf(suite.home)).length;
  const { exitCode, json } = await suite.run('verify', id);
  expect([exitCode, json.ok, json.error?.name, json.proof?.ok]).toEqual([5, false, 'VerificationFailed', false]);
  expect(await vault.keys()).toContain(`${suite.name}/proofs/${id}/${json.proof!.id}.failed.json`);
  expect(json.point).toMatchObject({ state: 'unproven', restorable: false, lastProof: { ok: false } });
  expect(await listed()).toEqual(json.point);
  expect((await alertsOf(suite.home)).length).toBe(before + 1);
  expect(await host.leftovers()).toEqual([]);
  return { point: json.point!, proof: json.proof!, error: json.error! };
}

describe('a stored object', () => {
  const damages: [string, (key: string) => Promise<void>, string, RegExp][] = [
    ['that was cut off', (key) => vault.truncate(key, 20), 'ArtifactChanged', /has 20 bytes; \d+ were sealed/],
    ['in which one bit is another', (key) => vault.flipBit(key), 'ArtifactChanged', /was changed between byte 0 and/],
    ['of which every version is gone', (key) => vault.delete(key), 'ArtifactMissing', /is not in the vault any more/],
  ];
  it.each(damages)('%s fails the proof with its name, and the point is not restorable', async (_, damage, reason, message) => {
    const key = await archiveOf('uploads');
    const bytes = await vault.read(key);
    await damage(key);
    const { point, proof, error } = await failedProof();
    expect(point.reason).toMatchObject({ name: reason, source: 'uploads' });
    expect(point.reason!.message).toMatch(message);
    expect(point.reason!.message).toContain(key);
    const failed = proof.checks.filter(({ ok, severity }) => !ok && severity === 'failure');
    expect(new Set(failed.map(({ source }) => source))).toEqual(new Set(['uploads']));
    expect(error.problems.map(({ path }) => path)).toEqual(failed.map(({ source }) => source));
    if (reason !== 'ArtifactMissing') await vault.overwrite(key, bytes);
  });
});

describe('a point', () => {
  it('of which an object lies under newer versions is proven by the sealed ones, with a warning for each', async () => {
    const next = await suite.run('backup');
    expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
    id = next.json.point!.id;
    const [hidden, replaced] = [await archiveOf('uploads'), await archiveOf('exports')];
    await vault.hide(hidden);
    await vault.replace(replaced, Buffer.from('somebody was here'));
    const { exitCode, json } = await suite.run('verify', id);
    expect([exitCode, json.proof?.ok, json.point?.state, json.point?.restorable]).toEqual([0, true, 'proven', true]);
    const warnings = json.proof!.checks.filter(({ severity }) => severity === 'warning');
    expect(warnings).toMatchObject([
      { kind: 'object', source: 'uploads', name: hidden, ok: false, message: expect.stringContaining('delete marker') },
      { kind: 'object', source: 'exports', name: replaced, ok: false, message: expect.stringContaining('written again') },
    ]);
    const { artifacts } = (await suite.run('show', id)).json;
    const shown = artifacts.find(({ key }) => key === replaced)!;
    expect((await readFile(shown.file!)).length).toBe(shown.bytes);
  });
});

describe('a manifest', () => {
  const manifestKey = () => `${suite.name}/recovery-points/${id}.json`;
  const inText = (from: string | RegExp, to: string) => async () => {
    const text = (await vault.read(manifestKey())).toString();
    expect(text.replace(from, to)).not.toBe(text);
    await vault.overwrite(manifestKey(), Buffer.from(text.replace(from, to)));
  };
  const edits: [string, () => Promise<void>, RegExp][] = [
    ['with one letter changed', inText('"label": "volume-uploads"', '"label": "volume-uploadz"'), /was changed: its checksum is/],
    ['with another checksum', inText(/"checksum": "\w/, '"checksum": "x'), /it says x/],
    [
      'that says it is another point',
      () => new Forgery(vault, id).editManifest((manifest) => Object.assign(manifest, { id: '20200101T000000Z' })),
      /says it is \S+ 20200101T000000Z/,
    ],
  ];
  it.each(edits)('%s is not believed: the point is unproven and nothing is restored from it', async (_, edit, message) => {
    const original = await vault.read(manifestKey());
    await edit();
    const before = (await alertsOf(suite.home)).length;
    const { exitCode, json } = await suite.run('verify', id);
    expect([exitCode, json.error?.name, json.proof]).toEqual([5, 'ManifestInvalid', null]);
    expect(json.error!.message).toMatch(message);
    expect(json.point).toMatchObject({ state: 'unproven', restorable: false, reason: { name: 'ManifestInvalid' } });
    expect(await listed()).toEqual(json.point);
    expect((await alertsOf(suite.home)).length).toBe(before + 1);
    await vault.overwrite(manifestKey(), original);
  });

  it('that was damaged keeps no later backup from being proven, and is believed again as it was', async () => {
    const original = await vault.read(manifestKey());
    await vault.overwrite(manifestKey(), Buffer.from('{}'));
    const next = await suite.run('backup');
    expect([next.exitCode, next.json.outcome]).toEqual([0, 'proven']);
    await vault.overwrite(manifestKey(), original);
    const { exitCode, json } = await suite.run('verify', id);
    expect([exitCode, json.proof?.ok, json.point?.state, json.point?.restorable]).toEqual([0, true, 'proven', true]);
    expect(await host.leftovers()).toEqual([]);
  });
});
