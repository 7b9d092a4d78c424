import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { commandBytes } from '../support/command.ts';
import { Forgery } from '../support/forgery.ts';
import { createHost } from '../support/host.ts';
import type { Container, TestHost, Volume } from '../support/test-host.ts';
import { TamperedVault } from '../support/vault.ts';

const NAMES = ['uploads', 'exports'] as const;
type Name = (typeof NAMES)[number];

let host: TestHost;
let suite: Suite;
let vault: TamperedVault;
let id: string;
let writer: Container;
const volumes = {} as Record<Name, Volume>;

beforeAll(async () => {
  host = await createHost();
  for (const name of NAMES) volumes[name] = await host.volume(name, { 'invoice.txt': invoiceOf(name) });
  writer = await host.container('api', { files: { 'app/x': 'x' } });
  const sources = { volumes: NAMES.map((name) => ({ name, volume: volumes[name].name })) };
  suite = await createSuite({ host, suite: { sources, writers: [writer.container] } });
  const { json } = await suite.run('backup');
  expect(json.outcome).toBe('proven');
  id = json.point!.id;
  vault = await TamperedVault.open(suite.home);
});
afterAll(() => host.remove());

const invoiceOf = (name: Name) => `${name} ${'100 '.repeat(50)}`;
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

describe('a restore', () => {
  const restore = (...words: string[]) => suite.run('restore', id, '--mode', 'files', '--no-safety-point', ...words);
  const invoices = () => Promise.all(NAMES.map((name) => readFile(join(volumes[name].folder, 'invoice.txt'), 'utf8')));
  const changeInvoices = async () => {
    for (const name of NAMES) await volumes[name].write({ 'invoice.txt': 'changed since' });
  };

  it('of what lies under newer versions brings back what was sealed', async () => {
    await changeInvoices();
    await succeed(suite, 'restore', id, '--mode', 'files', '--no-safety-point', '--confirm', suite.name);
    expect(await invoices()).toEqual(NAMES.map(invoiceOf));
    await succeed(suite, 'restore', '--forget');
  });

  it('of what is gone or cut off is refused before anything is stopped, though the point is proven; the rest comes back', async () => {
    const { points } = (await succeed(suite, 'list')).json;
    expect(points[0]).toMatchObject({ state: 'proven', restorable: true });
    id = points[0]!.id;
    await changeInvoices();
    const told = (await alertsOf(suite.home)).length;
    const [gone, cut] = [await archiveOf('uploads'), await archiveOf('exports')];
    const whole = await vault.read(cut);
    await vault.delete(gone);
    await vault.truncate(cut, 20);
    const refused = await restore('--confirm', suite.name);
    expect([refused.exitCode, refused.json.outcome, refused.json.error?.name], refused.stderr).toEqual([
      7,
      'refused',
      'RestoreRefused',
    ]);
    expect(refused.json.plan!.problems).toEqual([
      { path: 'volume-uploads', value: 'ArtifactMissing', message: `${gone} is not in the vault any more.` },
      { path: 'volume-exports', value: 'ArtifactChanged', message: `${cut} has 20 bytes; ${whole.length} were sealed.` },
    ]);
    expect(refused.stderr).not.toContain('Stop the writers');
    expect(await invoices()).toEqual(['changed since', 'changed since']);
    expect(await alertsOf(suite.home)).toHaveLength(told);

    await vault.overwrite(cut, whole);
    await succeed(suite, 'restore', id, '--mode', 'files', '--source', 'exports', '--no-safety-point', '--confirm', suite.name);
    expect(await invoices()).toEqual(['changed since', invoiceOf('exports')]);
    await succeed(suite, 'restore', '--forget');
  });

  it('of another archive in the place of the sealed one, as long as that, puts nothing in place and says so', async () => {
    await changeInvoices();
    const told = (await alertsOf(suite.home)).length;
    const key = await archiveOf('exports');
    await vault.overwrite(key, await anotherAsLong(await vault.read(key)));
    const failed = await restore('--source', 'exports', '--confirm', suite.name);
    expect([failed.exitCode, failed.json.outcome, failed.json.error?.name], failed.stderr).toEqual([
      5,
      'put-back',
      'ArtifactChanged',
    ]);
    expect(failed.json.error!.message).toMatch(/not those that were sealed.*Everything is as it was/);
    expect(await invoices()).toEqual(['changed since', 'changed since']);
    const alerts = (await alertsOf(suite.home)).slice(told);
    expect(alerts.map(({ subject }) => subject)).toEqual([expect.stringContaining('restore failed: ArtifactChanged')]);
    const { json } = await restore('--source', 'exports', '--dry-run');
    expect(json.plan!.writers, 'started again').toMatchObject([{ container: writer.container, running: true }]);
    expect(await host.leftovers()).toEqual([]);
  });
});

/** A whole archive with another invoice in it: zstd's readers skip what fills it up. */
async function anotherAsLong(archive: Buffer): Promise<Buffer> {
  const plain = await commandBytes(['zstd', '--decompress', '--stdout'], { input: archive });
  const forged = Buffer.from(plain.toString('latin1').replaceAll('100 ', '999 '), 'latin1');
  const packed = await commandBytes(['zstd', '-19', '--stdout'], { input: forged });
  const frame = Buffer.alloc(archive.length - packed.length);
  frame.writeUInt32LE(0x184d2a50, 0);
  frame.writeUInt32LE(frame.length - 8, 4);
  return Buffer.concat([packed, frame]);
}
