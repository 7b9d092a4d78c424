import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import type { EngineOptions } from '../../../../lib/local-engine/engine.ts';
import { generateSecret } from '../../../../lib/local-engine/secrets/generate-secret.ts';
import { roleResource } from '../foreign-assembly.ts';
import { shopOptions, started } from '../foreign-engine.ts';
import { refusal } from '../s3/s3-server.ts';

const secret = (Properties: object) => ({ Type: 'AWS::SecretsManager::Secret', Properties });
const shop = (SecretString = 'open sesame') => ({
  Resources: {
    Clerk: roleResource,
    Key: { Type: 'AWS::KMS::Key', Properties: {} },
    Empty: secret({ Name: 'shop/empty', Description: 'nobody has put anything in yet' }),
    Cave: secret({ Name: 'shop/cave', SecretString }),
    Safe: secret({ Name: 'shop/safe', KmsKeyId: { Ref: 'Key' }, GenerateSecretString: {} }),
  },
  Outputs: { Empty: { Value: { Ref: 'Empty' } }, Key: { Value: { Ref: 'Key' } } },
});

async function opened(options: EngineOptions = shopOptions(shop())) {
  const { engine } = await started(options);
  const { endpoint, region, operatorCredentials: credentials } = engine;
  const connection = { endpoint, region, credentials, maxAttempts: 1 };
  const client = new SecretsManagerClient(connection);
  return {
    engine,
    options,
    connection,
    get: (SecretId: string, more: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more })),
    put: (SecretId: string, SecretString: string, more: object = {}) =>
      client.send(new PutSecretValueCommand({ SecretId, SecretString, ...more })),
    describe: (SecretId: string) => client.send(new DescribeSecretCommand({ SecretId })),
    client,
  };
}

const notFound = { name: 'ResourceNotFoundException', status: 400 };

test('a secret has no value until somebody puts one in, and keeps the one before', async () => {
  const { get, put, describe, engine } = await opened();
  expect(await refusal(get('shop/empty'))).toEqual(notFound);
  const { ARN, Description, VersionIdsToStages } = await describe('shop/empty');
  expect(ARN).toBe(engine.outputs('Shop').Empty);
  expect([Description, VersionIdsToStages]).toEqual(['nobody has put anything in yet', undefined]);

  const first = await put('shop/empty', 'one');
  const second = await put(ARN!, 'two');
  expect(second).toMatchObject({ ARN, Name: 'shop/empty', VersionStages: ['AWSCURRENT'] });
  expect((await get('shop/empty')).SecretString).toBe('two');
  expect((await get(ARN!.slice(0, -7), { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('one');
  expect((await get(ARN!, { VersionId: first.VersionId })).VersionStages).toEqual(['AWSPREVIOUS']);
  expect((await describe(ARN!)).VersionIdsToStages).toEqual({
    [first.VersionId!]: ['AWSPREVIOUS'],
    [second.VersionId!]: ['AWSCURRENT'],
  });
  await put('shop/empty', 'three');
  expect((await get('shop/empty', { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('two');
  expect(await refusal(get('shop/empty', { VersionId: first.VersionId, VersionStage: 'AWSCURRENT' }))).toEqual(notFound);
});

test('a value under a stage of its own leaves the current one alone', async () => {
  const { get, put } = await opened();
  await put('shop/cave', 'next', { VersionStages: ['AWSPENDING'] });
  expect((await get('shop/cave')).SecretString).toBe('open sesame');
  expect((await get('shop/cave', { VersionStage: 'AWSPENDING' })).SecretString).toBe('next');
});

test('the same request twice makes one version, another one under its token is refused', async () => {
  const { put, describe } = await opened();
  const ClientRequestToken = '11111111-2222-3333-4444-555555555555';
  for (let turn = 0; turn < 2; turn += 1) await put('shop/empty', 'one', { ClientRequestToken });
  expect(Object.keys((await describe('shop/empty')).VersionIdsToStages!)).toEqual([ClientRequestToken]);
  expect(await refusal(put('shop/empty', 'two', { ClientRequestToken }))).toMatchObject({ name: 'ResourceExistsException' });
});

test('bytes come back as they were put', async () => {
  const { client, get } = await opened();
  const SecretBinary = Buffer.from([0, 255, 10]);
  await client.send(new PutSecretValueCommand({ SecretId: 'shop/empty', SecretBinary }));
  expect(Buffer.from((await get('shop/empty')).SecretBinary!)).toEqual(SecretBinary);
});

test('values outlive the engine, in files that only their owner may read, and are in no other file', async () => {
  const first = await opened();
  const generated = (await first.get('shop/safe')).SecretString!;
  expect(generated).toMatch(/^.{32}$/);
  await first.put('shop/empty', 'nobody must see this');
  await first.engine.close();
  const folder = join(first.options.directory, 'engine', 'secrets');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  const others = readdirSync(first.options.directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const telling = others.filter(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').includes('must see this'));
  expect(telling.map(({ parentPath }) => parentPath)).toEqual([folder]);
  const second = await opened(first.options);
  expect((await second.get('shop/empty')).SecretString).toBe('nobody must see this');
  expect((await second.get('shop/safe')).SecretString).toBe(generated);
});

test('a template that says another value brings it, and takes back none that was put since', async () => {
  const first = await opened();
  await first.get('shop/cave');
  await first.put('shop/cave', 'put by hand');
  await first.engine.close();
  const again = await opened(first.options);
  expect((await again.get('shop/cave')).SecretString).toBe('put by hand');
  await again.engine.close();
  const changed = shopOptions(shop('close sesame'));
  const third = await opened({ ...first.options, assembly: changed.assembly });
  expect((await third.get('shop/cave')).SecretString).toBe('close sesame');
});

test('a secret whose key is disabled can be neither read nor written', async () => {
  const { get, put, connection, engine } = await opened();
  await put('shop/safe', 'gold');
  await new KMSClient(connection).send(new DisableKeyCommand({ KeyId: engine.outputs('Shop').Key }));
  expect(await refusal(get('shop/safe'))).toEqual({ name: 'DecryptionFailure', status: 400 });
  expect(await refusal(put('shop/safe', 'silver'))).toEqual({ name: 'EncryptionFailure', status: 400 });
});

test('what is unknown is refused by name', async () => {
  const { get, put, client } = await opened();
  expect(await refusal(get('shop/nothing'))).toEqual(notFound);
  expect(await refusal(put('shop/empty', 'x'.repeat(65_537)))).toMatchObject({ name: 'ValidationException' });
  expect(await refusal(client.send(new PutSecretValueCommand({ SecretId: 'shop/empty' })))).toMatchObject({ status: 400 });
  expect(await refusal(put('shop/empty', 'x', { RotationToken: 'x'.repeat(40) }))).toMatchObject({ name: 'ValidationException' });
  const deletion = client.send(new DeleteSecretCommand({ SecretId: 'shop/empty' }));
  expect(await refusal(deletion)).toEqual({ name: 'UnknownOperationException', status: 501 });
});

test.each([
  [{ PasswordLength: 8, ExcludePunctuation: true, ExcludeNumbers: true }, /^[A-Za-z]{8}$/],
  [{ PasswordLength: 4 }, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{4}$/],
  [{ ExcludeCharacters: 'aeiou"', ExcludeUppercase: true }, /^[^aeiouA-Z"]{32}$/],
  [{ GenerateStringKey: 'password', SecretStringTemplate: '{"user":"ali"}' }, /^\{"user":"ali","password":".{32,}"\}$/],
])('a generated value is as the template wants it: %j', (wish, expected) => {
  for (let turn = 0; turn < 20; turn += 1) expect(generateSecret(wish)).toMatch(expected);
});
