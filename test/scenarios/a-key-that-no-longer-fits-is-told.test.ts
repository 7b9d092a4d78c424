import { chmod, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failedBackup, provenBackup, succeed } from '../support/backup-outcomes.ts';
import { createSuite, type Suite } from '../support/cli.ts';
import { EditedAssembly } from '../support/edited-assembly.ts';
import { putKeys } from '../support/encrypted-suite.ts';
import { PASSPHRASE_SECRET, PRIVATE_KEY_SECRET } from '../support/encryption-modes.ts';
import { hasTool, makeAgeKey } from '../support/encryption-tools.ts';
import { engineOf } from '../support/engine-client.ts';
import { createHost } from '../support/host.ts';
import type { Postgres, TestHost } from '../support/test-host.ts';

let host: TestHost;
let db: Postgres;

beforeAll(async () => {
  host = await createHost();
  db = await host.postgres('db', { databases: ['shop'] });
  await db.sql('shop', 'create table users (id int primary key)');
});
afterAll(() => host.remove());

const fill = () => db.sql('shop', 'truncate users; insert into users select generate_series(1, 20)');
const rows = () => db.sql('shop', 'select count(*) from users');

async function suiteWith(nameSuffix: string, encryption: Record<string, unknown>): Promise<Suite> {
  return createSuite({ host, nameSuffix, suite: { ...sources(), encryption } });
}

/** Without schedules: the engine that `withEngine` starts must do nothing by itself. */
const sources = () => ({ sources: { databases: [{ name: 'shop', container: db.container }] }, schedules: {} });

/** A point that only lacks its key: kept, and proven as soon as the key is back. */
async function expectProvenOnceTheKeyIsBack(suite: Suite, id: string): Promise<void> {
  const { json } = await succeed(suite, 'verify', id);
  expect(json.point).toMatchObject({ id, state: 'proven', restorable: true });
}

describe.runIf(hasTool('age'))('the private key of age', () => {
  const [first, second, stranger] = [makeAgeKey(), makeAgeKey(), makeAgeKey()];
  const encryption = (recipient: string) => ({ mode: 'age', recipients: [recipient], privateKey: PRIVATE_KEY_SECRET });
  const put = (...identities: string[]) => putKeys(suite, { privateKey: identities.join('\n'), passphrase: null });
  let suite: Suite;
  let oldest: string;

  beforeAll(async () => {
    await fill();
    suite = await suiteWith('age', encryption(first.recipient));
  });

  it('that is not there yet is told by name, with what to do; the point is kept and is proven with it later', async () => {
    const { backup, alert } = await failedBackup(suite, 5, 'KeyMissing');
    expect(backup.error!.message).toContain(PRIVATE_KEY_SECRET);
    expect(backup.point!.reason).toMatchObject({ name: 'KeyMissing' });
    expect(alert.message).toMatch(/What to do: .*put-key/);
    oldest = backup.point!.id;
    await put(first.identity);
    await expectProvenOnceTheKeyIsBack(suite, oldest);
  });

  it('that somebody replaced by another is told by name, in a backup and in the plan of a restore, which touches nothing', async () => {
    await put(stranger.identity);
    const { backup } = await failedBackup(suite, 5, 'KeyWrong');
    expect(backup.error!.problems.map(({ value }) => value)).toContain('KeyWrong');

    await db.sql('shop', 'delete from users where id > 5');
    const words = ['--no-safety-point', '--confirm', suite.name];
    const restore = await suite.run('restore', oldest, '--mode', 'database', ...words);
    expect([restore.exitCode, restore.json.outcome, restore.json.error!.name], restore.stderr).toEqual([
      7,
      'refused',
      'RestoreRefused',
    ]);
    expect(restore.json.plan!.problems.map(({ path, value }) => [path, value])).toContainEqual(['database-shop', 'KeyWrong']);
    const tables = await suite.run('restore', oldest, '--mode', 'tables', '--table', 'public.users', ...words);
    expect(tables.json.plan!.problems.map(({ value }) => value)).toEqual(['KeyWrong']);
    expect(await rows()).toBe('5');
    expect(await host.leftovers()).toEqual([]);
  });

  it('that was rotated opens new points, and the old one those of before, as long as both are in the secret', async () => {
    await suite.rewrite({ ...sources(), encryption: encryption(second.recipient) });
    await put(second.identity, first.identity);
    await provenBackup(suite);
    await expectProvenOnceTheKeyIsBack(suite, oldest);
    const openedBy = async (id: string) => {
      const { proofs } = (await succeed(suite, 'show', id)).json;
      return proofs[0]!.checks.filter(({ name }) => name === 'key').map(({ actual }) => actual);
    };
    expect(await openedBy('latest')).toEqual(Array(2).fill({ openedBy: [second.recipient] }));
    expect(await openedBy(oldest)).toEqual(Array(2).fill({ openedBy: [first.recipient] }));
  });

  it('that went with its secret is told, and no proven point is given up for that', async () => {
    const file = join(suite.home, 'engine', 'secrets', await secretFile(suite));
    const kept = await readFile(file);
    await rm(file);
    const { exitCode, json } = await suite.run('verify', oldest);
    expect([exitCode, json.error!.name, json.point!.state]).toEqual([5, 'KeyMissing', 'unproven']);
    expect(json.point!.retention!.hold).toBe('damaged');
    await writeFile(file, kept, { mode: 0o600 });
  });

  it('that the agents may no longer read is told as that, whatever the secret holds', async () => {
    const [assembly, whole] = [join(suite.home, 'cdk.out'), join(suite.home, 'whole')];
    await cp(assembly, whole, { recursive: true });
    await new EditedAssembly(suite.home, suite.name).withoutRight('try-keys', 'secretsmanager:GetSecretValue');
    const { exitCode, json } = await suite.run('verify', oldest);
    expect([exitCode, json.error!.name]).toEqual([5, 'KeyMissing']);
    expect(json.error!.message).toMatch(/try-keys is not authorized to perform: secretsmanager:GetSecretValue/);
    await rm(assembly, { recursive: true });
    await rename(whole, assembly);
    await expectProvenOnceTheKeyIsBack(suite, oldest);
  });

  it('whose KMS key is disabled cannot be read, which is told as that', async () => {
    await sealSecretByKey(suite);
    await withEngine(suite, async (kms, keyId) => kms.send(new DisableKeyCommand({ KeyId: keyId })));
    const { exitCode, json } = await suite.run('verify', oldest);
    expect([exitCode, json.error!.name]).toEqual([5, 'KeyMissing']);
    expect(json.error!.message).toMatch(/Decryption/);
  });
});

describe('the passphrase of openssl', () => {
  let suite: Suite;
  let file: string;
  beforeAll(async () => {
    await fill();
    file = join(host.workspace, 'passphrase');
    await writeFile(file, 'of the host\n', { mode: 0o600 });
    suite = await suiteWith('openssl', { mode: 'openssl', passphraseFile: file, passphrase: PASSPHRASE_SECRET });
    await putKeys(suite, { privateKey: null, passphrase: 'of the secret\n' });
  });

  it('that is another one on the host than in the secret is told before anybody needs it', async () => {
    const { backup } = await failedBackup(suite, 5, 'KeyWrong');
    await putKeys(suite, { privateKey: null, passphrase: 'of the host\nof the secret\n' });
    await expectProvenOnceTheKeyIsBack(suite, backup.point!.id);
  });

  it('that is gone from the host is missed by the plan of a restore, which stores lists on its way; with any other one it goes on', async () => {
    await rm(file);
    await db.sql('shop', 'delete from users where id > 5');
    const words = ['latest-proven', '--mode', 'database', '--no-safety-point', '--confirm', suite.name];
    const { exitCode, json } = await suite.run('restore', ...words);
    expect([exitCode, json.plan!.problems.map(({ path, value }) => [path, value])]).toEqual([
      7,
      [['host', 'PassphraseFileUnusable']],
    ]);
    expect(await rows()).toBe('5');
    // Not the one of then: what opens the point comes from the secret, sealed for this run.
    await writeFile(file, 'of the secret\n', { mode: 0o600 });
    await succeed(suite, 'restore', ...words);
    expect(await rows()).toBe('20');
  });

  it('that is gone from the host, or lies open there, ends a backup before anything is dumped', async () => {
    await rm(file);
    expect((await failedBackup(suite, 3, 'PassphraseFileUnusable')).backup.error!.message).toContain(file);
    await writeFile(file, 'of the host\n');
    await chmod(file, 0o644);
    expect((await failedBackup(suite, 3, 'PassphraseFileUnusable')).backup.error!.message).toContain('everybody');
  });
});

async function secretFile(suite: Suite): Promise<string> {
  const names = (await readdir(join(suite.home, 'engine', 'secrets'))).filter((name) => name.endsWith('.json'));
  expect(names).toHaveLength(1);
  return names[0]!;
}

/** As if the suite file had named a KMS key: locally it has none of its own. */
async function sealSecretByKey(suite: Suite): Promise<void> {
  const path = join(suite.home, 'cdk.out', `${suite.name}-vault.template.json`);
  const template = JSON.parse(await readFile(path, 'utf8'));
  const [secret] = Object.values<{ Type: string; Properties: Record<string, unknown> }>(template.Resources).filter(
    ({ Type }) => Type === 'AWS::SecretsManager::Secret',
  );
  const [key] = Object.values<{ Type: string }>(template.Resources).filter(({ Type }) => Type === 'AWS::KMS::Key');
  template.Resources.KeyOfTheSecret = key;
  secret!.Properties.KmsKeyId = { Ref: 'KeyOfTheSecret' };
  await writeFile(path, JSON.stringify(template));
  const assembly = new EditedAssembly(suite.home, suite.name);
  for (const agent of ['try-keys', 'presign', 'compare-roles', 'compare-schema', 'compare-rows']) {
    await assembly.rights(agent, (statements) => [...statements, { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }]);
  }
}

/** Speaks to the engine of the suite while it runs. */
async function withEngine(suite: Suite, speak: (kms: KMSClient, keyId: string) => Promise<unknown>): Promise<void> {
  const running = await suite.start('local');
  try {
    await running.waitForLine(/Ctrl\+C stops it/);
    const target = await engineOf(suite.home);
    const { KmsKeyId } = await new SecretsManagerClient(target).send(new DescribeSecretCommand({ SecretId: PRIVATE_KEY_SECRET }));
    await speak(new KMSClient(target), KmsKeyId!);
  } finally {
    running.killGroup('SIGINT');
    await running.done;
  }
}
