import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DisableKeyCommand, EnableKeyCommand, KMSClient, RotateKeyOnDemandCommand } from '@aws-sdk/client-kms';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertsOf } from '../support/alerts.ts';
import { provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { type ClientSettings, EngineOnHome } from '../support/engine-on-home.ts';
import { createHost } from '../support/host.ts';
import { quietEngine } from '../support/quiet-engine.ts';
import type { TestHost, Volume } from '../support/test-host.ts';

quietEngine();
let host: TestHost;
let uploads: Volume;
let suite: Suite;
let first: string;

beforeAll(async () => {
  host = await createHost();
  uploads = await host.volume('uploads', { 'invoice.txt': '100' });
  suite = await createSuite({ host, suite: { sources: { volumes: [{ name: 'uploads', volume: uploads.name }] } } });
  first = (await provenBackup(suite)).point!.id;
});
afterAll(() => host.remove());

type Which = 'vault' | 'evidence';

/** What an administrator of the account does. */
async function asAdministrator(work: (home: EngineOnHome, settings: ClientSettings) => Promise<unknown>): Promise<void> {
  const home = await EngineOnHome.open(suite);
  try {
    await work(home, await home.as());
    await home.engine.idle();
  } finally {
    await home.engine.close();
  }
}

async function keys(which: Which, Command: typeof DisableKeyCommand | typeof EnableKeyCommand | typeof RotateKeyOnDemandCommand) {
  const command = new Command({ KeyId: `alias/${suite.name}-${which}` }) as EnableKeyCommand;
  await asAdministrator((_, settings) => new KMSClient(settings).send(command));
}

async function whileDisabled(which: Which, work: () => Promise<void>): Promise<void> {
  await keys(which, DisableKeyCommand);
  try {
    await work();
  } finally {
    await keys(which, EnableKeyCommand);
  }
}

/** Runs a backup that must fail with this name, of which one alert tells; gives its message. */
async function failedBackup(name: string, said: RegExp): Promise<void> {
  const before = (await alertsOf(suite.home)).length;
  const { exitCode, json, stderr } = await suite.run('backup');
  expect([exitCode, json.outcome, json.error?.name], stderr).toEqual([1, 'failed', name]);
  expect(json.error!.message).toMatch(said);
  const alerts = (await alertsOf(suite.home)).slice(before);
  expect(alerts.map(({ subject }) => subject)).toEqual([expect.stringContaining(`backup failed: ${name}`)]);
  expect(alerts[0]!.message).toMatch(said);
  expect(alerts[0]!.message).toContain(`heading "${name}"`);
  expect(await host.leftovers()).toEqual([]);
}

/** The first point is still there and can be counted on. */
async function firstIsProven(): Promise<void> {
  const { points } = (await succeed(suite, 'list')).json;
  expect(points.find(({ id }) => id === first)).toMatchObject({ state: 'proven', restorable: true });
}

async function nothingIsLost(): Promise<void> {
  await firstIsProven();
  await provenBackup(suite);
}

describe('the key that encrypts', () => {
  it('disabled fails a backup by its name, though not even that can be written down; enabled again, all is as it was', async () => {
    await whileDisabled('vault', async () => {
      await failedBackup('KeyUnusable', /key\/[0-9a-f-]{36} is disabled/);
      const list = await suite.run('list');
      expect([list.exitCode, list.json.error?.name]).toEqual([1, 'KeyUnusable']);
      const before = (await alertsOf(suite.home)).length;
      await asAdministrator(async ({ bucket }, settings) => {
        const read = new GetObjectCommand({ Bucket: bucket, Key: `${suite.name}/recovery-points/${first}.json` });
        await expect(new S3Client(settings).send(read)).rejects.toMatchObject({ name: 'AccessDenied' });
      });
      const told = (await alertsOf(suite.home)).slice(before).map(({ subject }) => subject);
      expect(told, 'of who touches the vault meanwhile').toEqual([`${suite.name}: VaultTouched: GetObject (refused)`]);
    });
    await nothingIsLost();
  });

  it('rotated still opens what was sealed before, and signatures hold', async () => {
    await keys('vault', RotateKeyOnDemandCommand);
    const { json } = await succeed(suite, 'verify', first);
    expect(json.proof!.ok).toBe(true);
    await succeed(suite, 'show', first, '--verify-signature');
    await nothingIsLost();
  });
});

describe('the key that signs', () => {
  it('disabled fails a backup and a restore before anything is touched; what is listed is not called proven meanwhile', async () => {
    await whileDisabled('evidence', async () => {
      await failedBackup('KeyUnusable', /key\/[0-9a-f-]{36} is disabled/);
      const list = await suite.run('list');
      expect([list.exitCode, list.json.error?.name]).toEqual([1, 'KeyUnusable']);
      const states = list.json.points
        .filter(({ state }) => state !== 'failed')
        .map(({ state, restorable }) => [state, restorable]);
      expect(new Set(states.map(String))).toEqual(new Set(['stored,false']));
      await writeFile(join(uploads.folder, 'invoice.txt'), 'changed since');
      const restore = await suite.run('restore', first, '--mode', 'files', '--no-safety-point', '--confirm', suite.name);
      expect([restore.exitCode, restore.json.error?.name], restore.stderr).toEqual([1, 'KeyUnusable']);
      expect(await readFile(join(uploads.folder, 'invoice.txt'), 'utf8')).toBe('changed since');
    });
    await nothingIsLost();
  });

  it('cannot be rotated, so what was signed once can always be checked', async () => {
    await expect(keys('evidence', RotateKeyOnDemandCommand)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    await succeed(suite, 'show', first, '--verify-signature');
  });
});

describe('a right to a key that somebody took away', () => {
  const assembly = () => new EditedAssembly(suite.home, suite.name);
  const templates = () => ['vault', 'backup'].map((stack) => join(suite.home, 'cdk.out', `${suite.name}-${stack}.template.json`));

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'from who seals',
      () => assembly().withoutRight('seal', 'kms:Sign'),
      /-backup-seal\S* is not authorized to perform: kms:Sign/,
    ],
    [
      "from every role, in the signing key's own policy",
      () => assembly().keyPolicy('signs', (statements) => statements.filter(({ Effect }) => Effect === 'Deny')),
      /is not authorized to perform: kms:(Verify|Sign)/,
    ],
    [
      "from every role, in the encrypting key's own policy",
      () => assembly().keyPolicy('encrypts', (statements) => statements.filter(({ Effect }) => Effect === 'Deny')),
      /is not authorized to perform: kms:(GenerateDataKey|Decrypt)/,
    ],
  ])('%s fails a backup with AccessDenied, and given back loses nothing', async (_, take, said) => {
    const whole = await Promise.all(templates().map((file) => readFile(file)));
    await take();
    await failedBackup('AccessDenied', said);
    for (const [index, file] of templates().entries()) await writeFile(file, whole[index]!);
    await firstIsProven();
  });

  it('is not missed once it is there again', nothingIsLost);
});
